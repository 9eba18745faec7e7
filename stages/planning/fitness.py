"""What each host of a stage must have before anything is changed on it, and what one lacks. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from stages.design.blueprint import Blueprint
from stages.design.reaching import Reach, reaches

# What the smoke gate asks of hosts later, so that none passes here and fails there: their clocks (tokens and
# reports of services carry times that other hosts compare with their own), and room for logs and data.
CLOCK_S = 2.0
LEAST_SHARE, LEAST_MB = 0.10, 1024
PYTHON = (3, 11)  # Debian 12's, for which the programs of roles are written
OPEN, CLOSED = "open", "closed"
LOOPBACK = "127."


@dataclass(frozen=True, slots=True)
class Needs:
    """What one host must have. `names` are the addresses of the other hosts, by name."""

    host: str
    role: str
    memory_mb: int
    directories: tuple[str, ...]
    reaches: tuple[Reach, ...]
    names: Mapping[str, str]

    def question(self) -> dict[str, Any]:
        """What the host is asked, for stages/machine/host_report.py."""
        return {
            "directories": list(self.directories),
            "ports": sorted({(one.address, one.port) for one in self.reaches}),
            "names": sorted(self.names),
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What a host reported, and when it was asked and had answered, in seconds of this machine's clock.

    Without a `report`, `lacks` says why: what, why and the next command.
    """

    asked: float = 0.0
    answered: float = 0.0
    report: Mapping[str, Any] = field(default_factory=dict)
    lacks: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that a host lacks."""

    what: str
    where: str
    why: str
    next: str


@dataclass(frozen=True, slots=True)
class HostFit:
    """One host: whether it has all it must have, what was seen in a line, and what it lacks."""

    host: str
    role: str
    fit: bool
    seen: str
    problems: tuple[Problem, ...]


def needs(blueprint: Blueprint, there: Collection[str]) -> tuple[Needs, ...]:
    """What each host of the stage that is `there` must have; of those that are not, nothing is asked yet."""
    every = reaches(blueprint)
    names = {host.name: host.address for host in blueprint.hosts}
    return tuple(
        Needs(
            host=host.name,
            role=host.role,
            memory_mb=blueprint.roles[host.role].memory_mb,
            directories=("/", *blueprint.roles[host.role].keeps),
            reaches=tuple(one for one in every if one.source == host.name and one.target in there),
            names={name: address for name, address in names.items() if name != host.name},
        )
        for host in blueprint.hosts
        if host.name in there
    )


def judge(needed: Needs, answer: Answer, again: str) -> HostFit:
    """What the host lacks. `again` is the command that asks again, once something was mended."""
    if answer.lacks is not None:
        what, why, following = answer.lacks
        silent = Problem(what, needed.host, why, following)
        return HostFit(needed.host, needed.role, fit=False, seen="no answer", problems=(silent,))
    report = answer.report
    problems = (
        *_python(needed, report),
        *resources(needed, answer),
        *_ports(needed, report, again),
        *_names(needed, report, again),
    )
    return HostFit(needed.host, needed.role, fit=not problems, seen=_seen(answer), problems=problems)


def resources(needed: Needs, answer: Answer) -> Iterator[Problem]:
    """What the host lacks of memory, room and a right clock, by its report."""
    yield from _memory(needed, answer.report)
    yield from _room(needed, answer.report)
    yield from _clock(needed, answer)


def _python(needed: Needs, report: Mapping[str, Any]) -> Iterator[Problem]:
    if tuple(report["python"][:2]) < PYTHON:
        wanted = ".".join(map(str, PYTHON))
        yield Problem(
            f"its Python is {_version(report)}",
            needed.host,
            f"the programs that run on hosts need {wanted}",
            "install Debian 12 on the host",
        )


def _memory(needed: Needs, report: Mapping[str, Any]) -> Iterator[Problem]:
    if report["memory_mb"] < needed.memory_mb:
        yield Problem(
            f"it has {report['memory_mb']} MB of memory",
            needed.host,
            f"a host of the role {needed.role} takes {needed.memory_mb} MB",
            "give it more memory",
        )


def _room(needed: Needs, report: Mapping[str, Any]) -> Iterator[Problem]:
    for directory, room in report["directories"].items():
        where = f"{needed.host}:{directory}"
        if room["free_mb"] < max(LEAST_MB, LEAST_SHARE * room["size_mb"]):
            yield Problem(
                f"{room['free_mb']} of {room['size_mb']} MB are free",
                where,
                f"the smoke gate wants {LEAST_MB} MB, and a tenth",
                f"make room in the file system at {room['at']}",
            )
        # Some file systems have no fixed number of inodes, and say 0.
        if room["inodes"] and room["free_inodes"] < LEAST_SHARE * room["inodes"]:
            yield Problem(
                f"{room['free_inodes']} of {room['inodes']} inodes are free",
                where,
                "a file needs one, however small it is; a tenth must be free",
                f"remove small files from the file system at {room['at']}",
            )


def ahead(answer: Answer) -> float:
    """By how many seconds the host's clock is at least ahead of this machine's; negative: behind.

    The host read it when it began its report, which then took `took` seconds: between the two times here.
    """
    clock, latest = answer.report["clock"], answer.answered - answer.report["took"]
    return float(max(clock - latest, 0.0) or min(clock - answer.asked, 0.0))


def _clock(needed: Needs, answer: Answer) -> Iterator[Problem]:
    if abs(off := ahead(answer)) > CLOCK_S:
        yield Problem(
            f"its clock is {abs(off):.1f} s {'ahead' if off > 0 else 'behind'}",
            needed.host,
            f"the smoke gate allows {CLOCK_S:g} s: services compare times that came from other hosts",
            f"timedatectl set-ntp true, on {needed.host} and on this machine",
        )


def _ports(needed: Needs, report: Mapping[str, Any], again: str) -> Iterator[Problem]:
    """Ports that can't be reached, those of one host in one problem. A host that refuses is reached."""
    seen = {(address, port): state for address, port, state in report["ports"]}
    cut = [
        (one.target, one.address, seen[one.address, one.port], one)
        for one in needed.reaches
        if seen[one.address, one.port] not in (OPEN, CLOSED)
    ]
    for (target, address, why), found in groupby(cut, key=lambda entry: entry[:3]):
        ports = ", ".join(f"{one.port} ({one.what})" for *_, one in found)
        yield Problem(
            f"it does not reach {target} at {ports}",
            f"{needed.host} to {address}",
            why,
            f"allow these TCP ports in every firewall between the two, then: {again}",
        )


def _names(needed: Needs, report: Mapping[str, Any], again: str) -> Iterator[Problem]:
    """A name that does not resolve is no problem: the manifest brings it. One that resolves otherwise is."""
    for name, found in sorted(report["names"].items()):
        if found and needed.names[name] not in found:
            yield Problem(
                f"the name {name} resolves to {', '.join(found)}",
                needed.host,
                f"the host {name} of the stage has the address {needed.names[name]}",
                f"correct /etc/hosts or the name server of {needed.host}, then: {again}",
            )


def _seen(answer: Answer) -> str:
    report = answer.report
    free = min(room["free_mb"] for room in report["directories"].values())
    states = [state for _, _, state in report["ports"]]
    cut = len(states) - states.count(OPEN) - states.count(CLOSED)
    ports = f"{states.count(OPEN)} open, {states.count(CLOSED)} closed, {cut} out of reach"
    return (
        f"{report['memory_mb']} MB, {free} MB of disk free, clock {ahead(answer):+.1f} s, "
        f"Python {_version(report)}, ports: {ports}"
    )


def _version(report: Mapping[str, Any]) -> str:
    return ".".join(map(str, report["python"]))
