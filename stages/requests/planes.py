"""The verb `planes`: what stands of a stage, plane by plane, and which colour answers each service.

Nothing is claimed of who answers where what that takes does not run.
It looks at what stands, whichever release asks: also where the colours of that release would be unclear.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stages import roles
from stages.design.blueprint import Blueprint, Colour, Tier
from stages.design.colours import Standing
from stages.machine.substrates.substrate import Seen, Substrate
from stages.planning.cutover import KIND, step_ids
from stages.planning.takeover import Part
from stages.requests.colouring import ALL, by_colour, shares

OVER_AND_BACK = (KIND, Part.BACK.leg, Part.CUT_OVER_AGAIN.leg)
UNKNOWN = "two control planes stand, and no load balancer tells which one answers"


@dataclass(frozen=True, slots=True)
class PlaneRow:
    """One plane: what its hosts run, how many stand and run, and which do not, each with its state."""

    name: str
    runs: str
    hosts: int
    running: int
    away: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """By plane, how many of a hundred requests to a service it answers.

    `steps` are the ids of those that may have made it so, in whichever plan.
    """

    service: str
    parts: Mapping[str, int]
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The planes that stand, the services with who answers them, and why that is unknown, or nothing."""

    planes: tuple[PlaneRow, ...]
    services: tuple[ServiceRow, ...]
    unknown: str = ""


def planes(blueprint: Blueprint, substrate: Substrate) -> Found:
    """What stands of the stage; `blueprint` is drawn for any colour. Changes nothing."""
    hosts = substrate.standing().hosts
    colours = by_colour(blueprint.network, hosts.values())
    rows = tuple(_rows(blueprint, hosts.values(), colours))
    if len(colours) == len(Colour):
        told = shares(blueprint, substrate, hosts)
        unknown = UNKNOWN if told is None else ""
    else:
        told, unknown = None, "".join(_alone_and_away(blueprint, hosts, colours))
    return Found(rows, () if unknown else tuple(_services(blueprint, tuple(colours), told)), unknown)


def _alone_and_away(
    blueprint: Blueprint, hosts: Mapping[str, Seen], colours: Iterable[Colour]
) -> Iterator[str]:
    """Why the colour that stands alone, if there is one, answers nobody: what it takes does not run."""
    known = roles.possible(blueprint.network)
    up = {known[name] for name, one in hosts.items() if name in known and one.state == "running"}
    for colour in colours:
        own = any(host.colour is colour for host in up)
        reached = "loadbalancer" not in blueprint.roles or any(host.role == "loadbalancer" for host in up)
        lacking = [] if own else [f"none of the hosts of {colour.value}"]
        lacking += [] if reached else ["no load balancer"]
        if lacking:
            yield f"{colour.value} stands alone, and {' and '.join(lacking)} runs"


def _rows(blueprint: Blueprint, seen: Iterable[Seen], colours: Mapping[Colour, Standing]) -> list[PlaneRow]:
    known = roles.possible(blueprint.network)
    there: dict[str, list[Seen]] = {}
    for one in seen:
        if one.host in known:
            host = known[one.host]
            there.setdefault(host.colour.value if host.colour else host.tier.value, []).append(one)
    names = (Tier.SHARED.value, *(colour.value for colour in colours), Tier.OUTSIDE.value)
    # Of an image, other roles use what is beside OpenStack: their hosts may keep one of another release.
    runs = {name for name, host in known.items() if roles.load(host.role).uses_openstack}
    return [_row(name, there[name], runs) for name in names if name in there]


def _row(name: str, hosts: Sequence[Seen], runs_openstack: Collection[str]) -> PlaneRow:
    away = tuple(sorted(f"{one.host} ({one.state})" for one in hosts if one.state != "running"))
    releases = {one.openstack for one in hosts if one.openstack and one.host in runs_openstack}
    runs = f"OpenStack {' and '.join(sorted(releases))}" if releases else ""
    return PlaneRow(name, runs, len(hosts), len(hosts) - len(away), away)


def _services(
    blueprint: Blueprint, colours: Sequence[Colour], told: Mapping[str, int] | None
) -> list[ServiceRow]:
    """Of two colours, what load balancers tell; one alone answers every service, and none answers nothing."""
    return [
        ServiceRow(service.name, parts, step_ids(blueprint, name, OVER_AND_BACK))
        for name, role in blueprint.roles.items()
        if role.tier is Tier.COLOURED
        for service in role.services
        if (parts := _parts(service.name, colours, told))
    ]


def _parts(service: str, colours: Sequence[Colour], told: Mapping[str, int] | None) -> dict[str, int]:
    match colours:
        case [colour]:
            return {colour.value: ALL}
        case [_, _] if told is not None and service in told:
            return {Colour.BLUE.value: ALL - told[service], Colour.GREEN.value: told[service]}
        case _:
            return {}
