"""What a machine needs to become a host: the Debian packages and OpenStack's environment of a host image.

Both are fetched on this machine, once for each image, into `software/` of the site. Machines need no way to
any registry. Packages are Debian's own, in exactly the versions that the image has.
"""

import hashlib
import os
import shutil
import time
from pathlib import Path

from stages.errors import ProgramFailed
from stages.machine.images.turn import turn
from stages.machine.running import run
from stages.machine.site import Site, write
from stages.machine.substrates import records
from stages.machine.substrates.podman import LIMITS, PODMAN

ENVIRONMENT = "environment.tar"
PACKAGES = "debian-packages"
ROOT_PACKAGES = Path(__file__).parents[1] / "images/root-packages.txt"
_WHOLE = "whole"  # written last; its time is that of the last use
MAY_BE_USED_S = 24 * 3600  # longer than any run
# Everything of the image that no Debian package has.
_PARTS = ("opt/openstack", "usr/share/stagegate", "usr/local/sbin")


def folder_of(site: Site, image: str) -> Path:
    """Where an image's software is kept; it may be missing or incomplete."""
    return site.path / "software" / image.removeprefix("sha256:")[:16]


def fetch(site: Site, image: str, proxy: str | None) -> Path:
    """Fetch an image's software if it is missing, and remove that of old images; return its folder.

    `proxy` is the URL of a proxy by which apt gets packages, if it needs one.
    It holds `debs/`, `environment.tar` and `debian-packages` (lines of name and version). Raises
    ProgramFailed if the archive can't be reached, or no longer has a version.
    """
    folder = folder_of(site, image)
    with turn(lambda _: None):  # the first of several hosts fetches it, and the others wait
        if not (folder / _WHOLE).exists():
            _fetch(folder, image, proxy)
        (folder / _WHOLE).touch()
        _prune(site, folder)
    return folder


def _prune(site: Site, used: Path) -> None:
    """Remove what no machine of the site has, unless a run may be at work with it, or a rollback may need it.

    When the software of another image is fetched, machines still have the one before: both are kept. So is
    what was used last of the rest: a version that it has may have left the archive.
    """
    kept = {used, *(folder_of(site, image) for image in records.images(site))}
    last_used = {
        folder: (folder / _WHOLE).stat().st_mtime
        for folder in set(used.parent.iterdir()) - kept
        if (folder / _WHOLE).exists()
    }
    newest = max(last_used, key=lambda folder: last_used[folder], default=used)
    for folder in set(used.parent.iterdir()) - kept - {newest}:
        if time.time() - last_used.get(folder, 0.0) > MAY_BE_USED_S:
            shutil.rmtree(folder)


def _fetch(folder: Path, image: str, proxy: str | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    debs = folder / "debs"
    debs.mkdir(mode=0o700, parents=True)
    inside = [*PODMAN, "run", "--rm", "--network", "none", *LIMITS, "--volume", f"{folder}:/out", image]
    run([*inside, "tar", "-C", "/", "-cf", f"/out/{ENVIRONMENT}", *_PARTS], within=300)
    run([*inside, "cp", "/usr/share/stagegate/debian-packages", f"/out/{PACKAGES}"])
    _download(folder, debs, proxy)
    write(folder / _WHOLE, "")


def _download(folder: Path, debs: Path, proxy: str | None) -> None:
    """Every package of the image, by its version."""
    lists = folder / "lists"
    (lists / "partial").mkdir(parents=True)
    # This machine's own lists stay as they are, however old.
    apt = ["apt-get", "--quiet=2", "-o", f"Dir::State::Lists={lists}", "-o", "APT::Sandbox::User=root"]
    for scheme in () if proxy is None else ("http", "https"):
        apt += ["-o", f"Acquire::{scheme}::Proxy={proxy}"]
    wanted = [line.replace(" ", "=") for line in (folder / PACKAGES).read_text().splitlines()]
    try:
        run([*apt, "update"], within=300)
        run(["env", "-C", str(debs), *apt, "download", *wanted], within=600, environment=dict(os.environ))
    except ProgramFailed as error:
        raise ProgramFailed(
            "the image's packages could not be fetched",
            where=str(folder),
            why=error.why,
            next="if a version has left the archive, the first stage must build the image again",
            transient=True,
        ) from None
    shutil.rmtree(lists)
    index = "\n".join(_entry(deb) for deb in sorted(debs.iterdir()))
    write(debs / "Packages", index, mode=0o644)


def _entry(deb: Path) -> str:
    """A package's paragraph in an archive's index, from which a machine's apt takes it."""
    said = run(["dpkg-deb", "--field", str(deb)]).rstrip("\n")
    digest = hashlib.sha256(deb.read_bytes()).hexdigest()
    return f"{said}\nFilename: ./{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {digest}\n"


def needed(folder: Path, installed: str) -> list[Path]:
    """The index, and the packages that a machine lacks or has in other versions than it says.

    `installed` has lines of name and version.
    """
    has = set(installed.splitlines())
    lacking = {line.split()[0] for line in (folder / PACKAGES).read_text().splitlines() if line not in has}
    debs = folder / "debs"
    return [debs / "Packages", *sorted(deb for deb in debs.iterdir() if deb.name.split("_")[0] in lacking)]


def wanted(role: Path) -> str:
    """The names of the packages that a host needs whose role has this folder, one in a line."""
    return f"{ROOT_PACKAGES.read_text()}\n{(role / 'debian.txt').read_text()}"
