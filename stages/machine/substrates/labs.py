"""The labs on this machine, whatever their sites: what podman has of each, found by labels alone.

Images have no label of a site, since sites share them, but a name in which the site's id stands.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from stages.machine.running import run
from stages.machine.substrates import given
from stages.machine.substrates.podman import FOLDER_LABEL, PODMAN, SITE_LABEL, STAGE_LABEL

OF_SITE = given.APPLIERS  # where a host has a folder of its site
_IMAGE = re.compile(r"localhost/stagegate-([0-9a-f]{6})/")


@dataclass(frozen=True, slots=True)
class Thing:
    """A container, network, volume or name of an image. `since` is when it was made, in seconds since 1970.

    `folder` is the site's as recorded when it was made, empty if it was not. `places` are the directories
    that only this thing fills. `pid` and `group`, the control group, are those of a running container, else 0
    and empty.
    """

    kind: str
    name: str
    site: str
    since: float
    stage: str = ""
    folder: str = ""
    places: tuple[str, ...] = ()
    pid: int = 0
    group: str = ""


@dataclass(frozen=True, slots=True)
class Lab:
    """All that this machine has of one site; at least one thing."""

    site: str
    things: tuple[Thing, ...]

    def of(self, kind: str) -> tuple[Thing, ...]:
        """Its things of this kind."""
        return tuple(thing for thing in self.things if thing.kind == kind)

    @property
    def running(self) -> tuple[Thing, ...]:
        """Its containers that run."""
        return tuple(thing for thing in self.of("container") if thing.pid)

    @property
    def folder(self) -> str:
        """The site's folder, as the newest thing that tells has it; empty if none does."""
        told = sorted((thing for thing in self.things if thing.folder), key=lambda thing: thing.since)
        return told[-1].folder if told else ""

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that its things are of, by name."""
        return tuple(sorted({thing.stage for thing in self.things if thing.stage}))

    @property
    def since(self) -> float:
        """When the oldest of its things was made; images may be older than the lab, and don't count."""
        return min(
            thing.since for thing in [one for one in self.things if one.kind != "image"] or self.things
        )


def labs() -> tuple[Lab, ...]:
    """The labs of all sites, by id. Things of programs other than this one have no such label."""
    ids = run([*PODMAN, "ps", "--all", "--quiet", "--filter", f"label={SITE_LABEL}"]).split()
    things = [of_container(item) for item in (_read("inspect", *ids) if ids else [])]
    things += [of_volume(item) for item in _labelled(_read("volume", "ls", "--format", "json"))]
    things += [of_network(item) for item in _labelled(_read("network", "ls", "--format", "json"))]
    things += [thing for item in _read("images", "--format", "json") for thing in of_image(item)]
    return by_site(things)


def by_site(things: Iterable[Thing]) -> tuple[Lab, ...]:
    """The things as labs, by the site's id."""
    found: dict[str, list[Thing]] = {}
    for thing in things:
        found.setdefault(thing.site, []).append(thing)
    return tuple(Lab(site, tuple(found[site])) for site in sorted(found))


def of_container(item: Mapping[str, Any]) -> Thing:
    """A container, from `podman inspect`. A host from before the label has its appliers from the folder."""
    labels, state = item["Config"]["Labels"], item["State"]
    mounts = {mount["Destination"]: mount["Source"] for mount in item.get("Mounts") or []}
    appliers = mounts.get(given.APPLIERS)
    upper = ((item.get("GraphDriver") or {}).get("Data") or {}).get("UpperDir")
    return Thing(
        "container",
        item["Name"],
        labels[SITE_LABEL],
        _moment(item["Created"]),
        stage=labels.get(STAGE_LABEL, ""),
        folder=labels.get(FOLDER_LABEL) or (str(PurePath(appliers).parent) if appliers else ""),
        places=(upper,) if upper else (),
        pid=int(state.get("Pid") or 0) if state["Running"] else 0,
        group=state.get("CgroupPath", "") if state["Running"] else "",
    )


def of_volume(item: Mapping[str, Any]) -> Thing:
    """A volume, from `podman volume ls`."""
    labels, places = item["Labels"], (item["Mountpoint"],)
    return _of("volume", item["Name"], labels, _moment(item["CreatedAt"]), places)


def of_network(item: Mapping[str, Any]) -> Thing:
    """A network, from `podman network ls`."""
    return _of("network", item["name"], item["labels"], _moment(item["created"]))


def of_image(item: Mapping[str, Any]) -> tuple[Thing, ...]:
    """The names that sites gave an image, from `podman images`."""
    named = [(name, _IMAGE.match(name)) for name in item.get("Names") or []]
    return tuple(Thing("image", name, found[1], float(item["Created"])) for name, found in named if found)


def _of(kind: str, name: str, labels: Mapping[str, str], since: float, places: tuple[str, ...] = ()) -> Thing:
    stage, folder = labels.get(STAGE_LABEL, ""), labels.get(FOLDER_LABEL, "")
    return Thing(kind, name, labels[SITE_LABEL], since, stage, folder, places)


def _labelled(items: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [item for item in items if SITE_LABEL in (item.get("Labels") or item.get("labels") or {})]


def _read(*words: str) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads(run([*PODMAN, *words]) or "[]")
    return read


def _moment(text: str) -> float:
    """Seconds since 1970 of a time as podman writes it: with nanoseconds, which Python does not read."""
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).timestamp()
