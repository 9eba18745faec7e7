"""Which machines a site made hosts of: one file for each, until everything is taken off the machine again.

Without it nobody would know, once the config has changed, where software and secrets of a stage still are.
"""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from stages.design.inventory import Machine
from stages.errors import HostRefused
from stages.machine.site import Site, write

FOLDER = "machines"  # in a stage's folder


@dataclass(frozen=True, slots=True)
class Record:
    """A machine and the way to it, the image whose software it has, and the directories of its role's data.

    `host_key` is empty if an older release recorded it, which left the way to the config. One that `has_left`
    has nothing but its data any more.
    """

    address: str
    image: str
    keeps: tuple[str, ...]
    host_key: str = ""
    port: int = 22
    has_left: bool = False


def put(site: Site, stage: str, name: str, record: Record) -> None:
    """Record the machine of this host, before anything of it is changed."""
    path = _path(site, stage, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write(path, json.dumps(asdict(record), indent=1))


def leave(site: Site, stage: str, name: str) -> None:
    """Record that the machine is no host any more, and still has data."""
    put(site, stage, name, replace(of(site, stage)[name], has_left=True))


def drop(site: Site, stage: str, name: str) -> None:
    """Forget the machine, from which everything was taken off."""
    _path(site, stage, name).unlink(missing_ok=True)


def of(site: Site, stage: str) -> Mapping[str, Record]:
    """The machines of a stage, by the names of its hosts."""
    found: dict[str, Record] = {}
    for path in sorted((site.stage(stage) / FOLDER).glob("*.json")):
        with contextlib.suppress(FileNotFoundError):  # it was dropped meanwhile
            found[path.stem] = _read(path)
    return found


def stages(site: Site) -> tuple[str, ...]:
    """The stages that have machines, by name."""
    found = {path.parent.parent.name for path in site.path.glob(f"stages/*/{FOLDER}/*.json")}
    return tuple(sorted(found))


def images(site: Site) -> set[str]:
    """The images whose software any machine of the site has."""
    there = (record for stage in stages(site) for record in of(site, stage).values())
    return {record.image for record in there if not record.has_left}


def leaving(site: Site, stage: str, machines: Mapping[str, Machine]) -> Mapping[str, Machine]:
    """The machines that are recorded and can be reached, and that the config no longer has.

    `machines` are those of the config. One that it has by another name does not leave: it would be taken
    apart while a host is made of it.
    """
    return _gone(site, stage, machines, has_left=False)


def left(site: Site, stage: str, machines: Mapping[str, Machine]) -> Mapping[str, Machine]:
    """The machines that have left and still have data; `machines` are those of the config."""
    return _gone(site, stage, machines, has_left=True)


def _gone(
    site: Site, stage: str, machines: Mapping[str, Machine], *, has_left: bool
) -> Mapping[str, Machine]:
    taken = {machine.address for machine in machines.values()}
    return {
        name: Machine(record.address, record.host_key, record.port)
        for name, record in of(site, stage).items()
        if name not in machines
        and record.address not in taken
        and record.host_key
        and record.has_left == has_left
    }


def refresh(site: Site, stage: str, machines: Mapping[str, Machine]) -> None:
    """Record the way to each machine of the config anew, as long as the config has it."""
    for name, record in of(site, stage).items():
        machine = machines.get(name)
        if machine is not None and (machine.host_key, machine.port) != (record.host_key, record.port):
            put(site, stage, name, replace(record, host_key=machine.host_key, port=machine.port))


def strays(site: Site, stage: str, machines: Mapping[str, Machine]) -> tuple[str, ...]:
    """Machines that would be forgotten: what they are, and what to do about each.

    `machines` are those that are reached, by the names of hosts: of the config, and those that leave.
    """
    return tuple(
        _stray(site, stage, name, record, has_another=name in machines)
        for name, record in of(site, stage).items()
        if name not in machines or machines[name].address != record.address
    )


def _stray(site: Site, stage: str, name: str, record: Record, *, has_another: bool) -> str:
    has = "data" if record.has_left else "software and secrets"
    advice = f"restore it in config/stages/{stage}.yaml, or: promote lab down --stage {stage}"
    if record.has_left:
        advice = f"remove {', '.join(record.keeps)} there, then: rm {_path(site, stage, name)}"
    return (
        f"{name} is the machine {record.address}, which has {has} of {stage}, and the stage's "
        f"file {'has another' if has_another else 'no longer has it'}: nobody would take them off "
        f"(next: {advice})"
    )


def keep(site: Site, stage: str, machines: Mapping[str, Machine]) -> None:
    """Raise HostRefused if there are strays: the way to them is kept, since someone must take things off."""
    if why := strays(site, stage, machines):
        raise HostRefused(
            "a machine would be forgotten",
            where=str(site.stage(stage) / FOLDER),
            why="; ".join(why),
            next=f"promote plan --stage {stage}",
        )


def _path(site: Site, stage: str, name: str) -> Path:
    return site.stage(stage) / FOLDER / f"{name}.json"


def _read(path: Path) -> Record:
    said = json.loads(path.read_text())
    way = {key: said[key] for key in ("host_key", "port", "has_left") if key in said}
    return Record(said["address"], said["image"], tuple(said["keeps"]), **way)
