"""Builds the host image with mmdebstrap and podman, at most once for the same inputs."""

import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from stages.errors import ImageGone, ProgramFailed
from stages.machine.images.image_inputs import CERTIFICATES, SUITE, ImageInputs
from stages.machine.running import affirms, run
from stages.machine.site import Site
from stages.machine.substrates.left_over import ROOT_LABEL
from stages.machine.substrates.package_label import PACKAGES_LABEL, label, told
from stages.machine.substrates.podman import LIMITS, PODMAN

INPUTS_LABEL = "stagegate.inputs"
OPENSTACK_LABEL = "stagegate.openstack"
BASE_LABEL = "stagegate.base"
KEPT = 4  # the newest, which a rollback may need, besides those that hosts run

# Messages of apt, uv and podman if a registry can't be reached or fails.
_NOT_FETCHED = re.compile(
    r"temporary failure|could(n't| not) resolve|failed to fetch|dns error|network is unreachable"
    r"|connection (reset|refused|timed out)|operation timed out|error sending request|\b50[0234] ",
    re.IGNORECASE,
)

Progress = Callable[[str], None]


def find(inputs: ImageInputs) -> str | None:
    """The id of an image built from exactly these inputs, by any site of this machine; or None."""
    return _by_label(f"{INPUTS_LABEL}={inputs.digest}", "/host:")


def base_of(image: str) -> str:
    """The digest of the image without OpenStack; empty if a release built it that did not tell."""
    return _labels(image).get(BASE_LABEL, "")


def packages_of(image: str) -> dict[str, str]:
    """The versions of the Debian packages that roles name; empty if a release built it that did not tell."""
    return told(_labels(image))


def _labels(image: str) -> dict[str, str]:
    return json.loads(run([*PODMAN, "image", "inspect", image]))[0].get("Labels") or {}


def base(inputs: ImageInputs) -> str:
    """What `base_of` the image will be that is built from these inputs; empty if Debian is fetched for it."""
    root = _by_label(f"{ROOT_LABEL}={inputs.root_digest}", "/root:")
    return "" if root is None else _base(root, inputs)


def _base(root: str, inputs: ImageInputs) -> str:
    """By the content of the root file system: fetched again, Debian's packages may be newer."""
    return hashlib.sha256(f"{root} {inputs.base_digest}".encode()).hexdigest()


def require(image: str) -> None:
    """Raise ImageGone unless the image with this content digest is on this machine."""
    if not affirms([*PODMAN, "image", "exists", image]):
        raise ImageGone(
            f"the host image {image[:19]} is not on this machine",
            why="a later stage deploys exactly the image that the first stage proved, never a rebuilt one",
            next="promote --stage <the first stage>, which may rebuild it",
        )


def build(site: Site, inputs: ImageInputs, say: Progress) -> str:
    """Build the image for these inputs if it is missing, tag it with the site's name, and return its id."""
    image = find(inputs)
    if image is None:
        root = _root(site, inputs, say)
        say(f"building the host image {inputs.digest[:12]} with OpenStack {inputs.openstack}")
        image = _build(site, inputs, root)
    run([*PODMAN, "tag", image, host_tag(site, inputs.digest)])
    return image


def host_tag(site: Site, digest: str) -> str:
    """The image's name in the local store."""
    return f"localhost/stagegate-{site.id}/host:{digest[:16]}"


def tags(site: Site) -> list[str]:
    """All image names of this site in the local store, newest first."""
    listed = run([*PODMAN, "images", "--format", "json", "--sort", "created"])
    # An image with two names is listed twice, each time with both.
    names = dict.fromkeys(name for image in json.loads(listed) for name in image.get("Names") or [])
    return [name for name in names if name.startswith(f"localhost/stagegate-{site.id}/")]


def prune(site: Site, in_use: set[str], say: Progress) -> None:
    """Remove this site's names of host images that are not in use, except the newest few.

    `in_use` holds the ids (sha256 digests) of images that hosts run.
    """
    hosts = [(tag, image_id(tag)) for tag in tags(site) if "/host:" in tag]
    for tag in prunable(hosts, in_use):
        say(f"removing the old image {tag}")
        run([*PODMAN, "rmi", tag])


def prunable(images: Sequence[tuple[str, str]], in_use: set[str]) -> list[str]:
    """The names to remove, of images as (name, id), newest first: neither among the newest nor in use."""
    return [name for name, image in images[KEPT:] if image not in in_use]


def image_id(name: str) -> str:
    """The content digest of a named image, as `sha256:<hex>`."""
    return "sha256:" + run([*PODMAN, "image", "inspect", "--format", "{{.Id}}", name]).strip()


def _by_label(label: str, kind: str) -> str | None:
    """The id of an image with this label and a name of this kind, because derived images inherit labels."""
    listed = json.loads(run([*PODMAN, "images", "--filter", f"label={label}", "--format", "json"]))
    named = [image for image in listed if any(kind in name for name in image.get("Names") or [])]
    return f"sha256:{named[0]['Id']}" if named else None


def _root(site: Site, inputs: ImageInputs, say: Progress) -> str:
    name = f"localhost/stagegate-{site.id}/root:{inputs.root_digest[:16]}"
    known = _by_label(f"{ROOT_LABEL}={inputs.root_digest}", "/root:")
    if known is None:
        say(f"building the root file system: Debian {SUITE}, {len(inputs.packages)} packages")
        with tempfile.TemporaryDirectory() as folder:
            tar = f"{folder}/root.tar"
            options = [
                "--variant=minbase",
                f"--include={','.join(inputs.packages)}",
                *_accounts(inputs, folder),
            ]
            _fetching(["mmdebstrap", *options, SUITE, tar], within=900)
            run(
                [*PODMAN, "import", "--change", f"LABEL {ROOT_LABEL}={inputs.root_digest}", tar, name],
                within=300,
            )
        return name
    run([*PODMAN, "tag", known, name])
    return name


def packages_label(root: str, names: Collection[str]) -> str:
    """The label that tells the versions of these packages, as dpkg in the root file system has them.

    The build adds no Debian package to it.
    """
    inside = [*PODMAN, "run", "--rm", "--network", "none", *LIMITS, root]
    return label(run([*inside, "dpkg-query", "-W", "-f", "${Package} ${Version}\\n"]), names)


def _accounts(inputs: ImageInputs, folder: str) -> list[str]:
    """The options that add all accounts: base-passwd has made the files, other packages add theirs later."""
    texts = {"passwd": inputs.passwd, "group": inputs.group}
    for name, text in texts.items():
        Path(folder, name).write_text(text)
    return [f'--essential-hook=cat {folder}/{name} >>"$1/etc/{name}"' for name in texts]


def _build(site: Site, inputs: ImageInputs, root: str) -> str:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "uv"
    cache.mkdir(parents=True, exist_ok=True)
    uv = Path(sys.executable).parent / "uv"
    with tempfile.TemporaryDirectory() as folder:
        for name, text in inputs.context:
            file = Path(folder, name)
            file.write_text(text)
            file.chmod(0o755 if text.startswith("#!") else 0o644)
        Path(folder, "lock.txt").write_text(inputs.lock)
        tag = host_tag(site, inputs.digest)
        _fetching(
            [
                *PODMAN, "build", "--quiet", "--network", "host", *LIMITS,
                "--build-arg", f"ROOT={root}",
                "--label", f"{INPUTS_LABEL}={inputs.digest}",
                "--label", f"{OPENSTACK_LABEL}={inputs.openstack}",
                "--label", f"{BASE_LABEL}={_base(image_id(root), inputs)}",
                "--label", f"{PACKAGES_LABEL}={packages_label(root, inputs.packages)}",
                "--volume", f"{uv}:/host/uv:ro",
                "--volume", f"{CERTIFICATES}:/host/ca.crt:ro",
                "--volume", f"{cache}:/host/cache",
                "--tag", tag, folder,
            ],
            within=900,
        )  # fmt: skip
    return image_id(tag)


def _fetching(argv: Sequence[str], within: float) -> None:
    try:
        run(argv, within=within)
    except ProgramFailed as error:
        error.transient = not_fetched(error.why)
        raise


def not_fetched(why: str) -> bool:
    """Whether a build failed because of a failed download, which a retry may well avoid."""
    return _NOT_FETCHED.search(why) is not None
