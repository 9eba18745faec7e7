"""Which machines a site made hosts of: one file for each, until everything is taken off the machine again.

Without it nobody would know, once the config has changed, where software and secrets of a stage still are.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from stages.machine.site import Site, write

FOLDER = "machines"  # in a stage's folder


@dataclass(frozen=True, slots=True)
class Record:
    """A machine: its address, the image whose software it has, and the directories of its role's data."""

    address: str
    image: str
    keeps: tuple[str, ...]


def put(site: Site, stage: str, name: str, record: Record) -> None:
    """Record the machine of this host, before anything of it is changed."""
    path = _path(site, stage, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write(path, json.dumps(asdict(record), indent=1))


def drop(site: Site, stage: str, name: str) -> None:
    """Forget the machine, from which everything was taken off."""
    _path(site, stage, name).unlink(missing_ok=True)


def of(site: Site, stage: str) -> Mapping[str, Record]:
    """The machines of a stage, by the names of its hosts."""
    return {path.stem: _read(path) for path in sorted((site.stage(stage) / FOLDER).glob("*.json"))}


def stages(site: Site) -> tuple[str, ...]:
    """The stages that have machines, by name."""
    found = {path.parent.parent.name for path in site.path.glob(f"stages/*/{FOLDER}/*.json")}
    return tuple(sorted(found))


def images(site: Site) -> set[str]:
    """The images whose software any machine of the site has."""
    return {record.image for stage in stages(site) for record in of(site, stage).values()}


def _path(site: Site, stage: str, name: str) -> Path:
    return site.stage(stage) / FOLDER / f"{name}.json"


def _read(path: Path) -> Record:
    said = json.loads(path.read_text())
    return Record(said["address"], said["image"], tuple(said["keeps"]))
