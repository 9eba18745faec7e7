"""What a killed build leaves in the local store: working containers, which block the removal of images."""

import json
from collections.abc import Collection, Sequence
from typing import Any

from stages.machine.running import run
from stages.machine.substrates.podman import PODMAN

ROOT_LABEL = "stagegate.root"  # inherited by images that are built from our root file systems


def clear() -> None:
    """Remove the working containers of killed builds. The caller must hold the store: see `turn`."""
    ours = [f"--filter=label={ROOT_LABEL}", "--format=json"]
    images = {image["Id"] for image in json.loads(run([*PODMAN, "images", "--all", *ours]))}
    containers = json.loads(run([*PODMAN, "ps", "--all", "--external", "--format=json"]))
    if left := working_containers(containers, images):
        run([*PODMAN, "rm", "--force", *left])


def working_containers(containers: Sequence[dict[str, Any]], images: Collection[str]) -> list[str]:
    """The ids of buildah's own containers from these images, among those of `podman ps --all --external`."""
    return [
        str(found["Id"])
        for found in containers
        if found["State"] == "storage" and found["Command"] == ["buildah"] and found["ImageID"] in images
    ]
