"""Which hosts are started anew together, and which wait for one another. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest

from suites.harness.component import Component
from suites.seam.target import TargetHost

SHARED = "shared"


def rounds(hosts: Iterable[TargetHost]) -> tuple[tuple[TargetHost, ...], ...]:
    """Return the hosts in rounds: of each role one in a round, so that no cluster loses its quorum.

    What all others live by comes first: of a service that starts while its database does, nobody could say
    which of the two does not come back.
    """
    chosen = tuple(hosts)
    below = [host for host in chosen if host.tier == SHARED]
    above = [host for host in chosen if host.tier != SHARED]
    return (*_rounds(below), *_rounds(above))


def _rounds(hosts: Iterable[TargetHost]) -> list[tuple[TargetHost, ...]]:
    by_role: dict[str, list[TargetHost]] = {}
    for host in hosts:
        by_role.setdefault(host.role, []).append(host)
    return [tuple(host for host in turn if host is not None) for turn in zip_longest(*by_role.values())]


def unclaimed(units: Iterable[str], components: Iterable[Component]) -> tuple[str, ...]:
    """Return the units that belong to no component of their host: nobody would see whether they work."""
    known = {unit for component in components for unit in component.units}
    return tuple(unit for unit in units if unit not in known)


def own(units: Iterable[str], component: Component) -> tuple[str, ...]:
    """Return a component's own units among those of its host."""
    return tuple(unit for unit in units if unit in component.units)


def waiting_for(host: TargetHost, away: Mapping[str, Sequence[str]]) -> str | None:
    """Return the host of the same role that has not come back; its peers are then left alone."""
    return next(iter(away.get(host.role, ())), None)
