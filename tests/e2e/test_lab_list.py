"""Labs without their site: listed for what they are, and removed, while those of other sites stand.

The sites are as small as they can be: a container that sleeps, a volume, a network and the name of an image,
made with the labels that `stages` gives them. What counts here is what podman and the kernel say of them.
"""

import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from checkout import REPOSITORY, Done, run_program
from powering import podman

from stages.machine.images.turn import turn

pytestmark = pytest.mark.lab

LINKED = ("/usr/bin/sleep", "/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/libc.so.6")
APPLIERS = "/etc/stagegate/appliers"


@dataclass(frozen=True)
class Tiny:
    """A site that has one host, in a stage dev."""

    id: str
    folder: Path

    def stand(self, tar: Path, *, labelled: bool) -> None:
        """Make all that a site has; an older release did not label it with the folder."""
        (self.folder / "appliers").mkdir(parents=True)
        (self.folder / "site.json").write_text(json.dumps({"id": self.id}))
        image, prefix = f"localhost/stagegate-{self.id}/host:tiny", f"sg-{self.id}-dev"
        podman("import", "--quiet", str(tar), image)
        pairs = {"site": self.id, "stage": "dev"} | ({"folder": str(self.folder)} if labelled else {})
        labels = [word for key, value in pairs.items() for word in ("--label", f"stagegate.{key}={value}")]
        podman("volume", "create", *labels, f"{prefix}-data")
        podman("network", "create", "--internal", "--disable-dns", *labels, prefix)
        mounts = [f"{self.folder}/appliers:{APPLIERS}:ro", f"{prefix}-data:/data"]
        volumes = [word for mount in mounts for word in ("--volume", mount)]
        limits = ("--ulimit", "nofile=20000:20000", "--ulimit", "nproc=4096:4096")
        host = ("--name", f"{prefix}-host-1", "--label", "stagegate.host=host-1", "--network", prefix)
        podman("run", "--detach", *limits, *labels, *host, *volumes, image, "/usr/bin/sleep", "600")

    @property
    def left(self) -> list[str]:
        """What podman still has of it."""
        listings = (("ps", "--all"), ("volume", "ls"), ("network", "ls"), ("images",))
        return [line for listing in listings for line in podman(*listing).splitlines() if self.id in line]

    def raze(self) -> None:
        podman("rm", "--force", "--ignore", "--time", "0", f"sg-{self.id}-dev-host-1")
        for kind, name in (("volume", f"sg-{self.id}-dev-data"), ("network", f"sg-{self.id}-dev")):
            subprocess.run(("podman", kind, "rm", name), capture_output=True, check=False)
        tiny = f"localhost/stagegate-{self.id}/host:tiny"
        with turn(print):  # podman fails to list images while another process removes one
            subprocess.run(("podman", "rmi", tiny), capture_output=True, check=False)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The folder of the site from which the commands are given: it has no lab."""
    return tmp_path / "own"


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[tuple[Tiny, Tiny, Tiny]]:
    """One that keeps its folder, one that loses it, and one of an older release whose folder is moved."""
    tar = tmp_path / "tiny.tar"
    with tarfile.open(tar, "w") as file:
        for path in LINKED:
            content = Path(path).resolve().read_bytes()
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(content), 0o755
            file.addfile(entry, io.BytesIO(content))
    made = tuple(Tiny(f"0e2e{number:02x}", tmp_path / f"site-{number}") for number in range(3))
    try:
        for site in made:
            site.stand(tar, labelled=site is not made[2])
        yield made[0], made[1], made[2]
    finally:
        for site in made:
            site.raze()


def promote(own: Path, *words: str) -> Done:
    return run_program(sys.executable, "-m", "pipeline.cli", *words, "--site", own, cwd=REPOSITORY)


def test_only_the_lab_that_has_lost_its_folder_is_swept_away(
    own: Path, sites: tuple[Tiny, Tiny, Tiny], tmp_path: Path
) -> None:
    kept, lost, moved = sites
    shutil.rmtree(lost.folder / "appliers")
    moved.folder.rename(tmp_path / "elsewhere")
    with subprocess.Popen(("sleep", "60"), cwd=lost.folder) as worker:
        shutil.rmtree(lost.folder)
        rows = {row["site"]: row for row in promote(own, "lab", "list", "-o", "json").document["labs"]}
        refused = promote(own, "lab", "clean", lost.id, "--yes")
        worker.kill()
    assert [rows[site.id]["folder"] for site in sites] == ["there", "gone", "unknown"]
    assert [rows[site.id]["path"] for site in sites] == [str(site.folder) for site in sites]
    assert all(rows[site.id]["running"] == rows[site.id]["volumes"] == 1 for site in sites)
    assert all(rows[site.id]["memory"] > 0 for site in sites)
    assert refused.code == 5
    assert f"process {worker.pid} (sleep 60)" in refused.err
    others = podman("ps", "--all", "--quiet")

    seen = promote(own, "lab", "clean", "--all", "-o", "json").document
    assert lost.id in {lab["site"] for lab in seen["labs"]}
    assert not {kept.id, moved.id} & {lab["site"] for lab in seen["labs"]}
    assert podman("ps", "--all", "--quiet") == others, "it only looked"

    done = promote(own, "lab", "clean", lost.id, "--yes")
    assert (done.code, lost.left) == (0, []), done.err
    assert len(kept.left) == len(moved.left) == 4
    assert promote(own, "lab", "clean", kept.id, "--yes").code == 0
    assert kept.left == []
    assert (kept.folder / "site.json").exists(), "the folder is the site's, and stays"
    assert not own.exists() or not (own / "site.json").exists(), "the command made no site"
