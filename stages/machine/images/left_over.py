"""What a killed build leaves in the local store: working containers that keep images from being dropped."""

import json
from collections.abc import Collection, Sequence
from typing import Any

from stages.machine.running import run
from stages.machine.substrates.podman import PODMAN

ROOT_LABEL = "stagegate.root"  # images made from a root file system of ours have its label too


def clear() -> None:
    """Remove the working containers of builds that were killed. Only for who holds the store: see `turn`."""
    ours = [f"--filter=label={ROOT_LABEL}", "--format=json"]
    images = {image["Id"] for image in json.loads(run([*PODMAN, "images", "--all", *ours]))}
    containers = json.loads(run([*PODMAN, "ps", "--all", "--external", "--format=json"]))
    if left := working_containers(containers, images):
        run([*PODMAN, "rm", "--force", *left])


def working_containers(containers: Sequence[dict[str, Any]], images: Collection[str]) -> list[str]:
    """Of `podman ps --all --external`, the ids of the build tool's own containers made from these images."""
    return [
        str(found["Id"])
        for found in containers
        if found["State"] == "storage" and found["Command"] == ["buildah"] and found["ImageID"] in images
    ]
