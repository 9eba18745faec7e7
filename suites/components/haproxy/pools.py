"""Which pools of a load balancer are about what is under test, while another colour may stand beside it."""

from collections.abc import Iterable, Mapping

from suites.components.haproxy import status
from suites.components.haproxy.status import Server
from suites.hosts.host import Host, Output, stdout_of
from suites.hosts.reading import Observation, Reading
from suites.seam.target import Target

GREEN = "green"


def named(backend: str, colour: str | None) -> str:
    """Return the name of the pool for a service, of the hosts of this colour."""
    return f"{backend}-{colour}" if colour == GREEN else backend


def wanted(target: Target, served_by: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the servers that pools must have, by pool; `served_by` has the component of each service."""
    found: dict[str, list[str]] = {}
    for backend, component in served_by.items():
        for host in target.carrying(component):
            found.setdefault(named(backend, host.colour), []).append(host.name)
    return found


def under_test(servers: Iterable[Server], target: Target, served_by: Mapping[str, str]) -> tuple[Server, ...]:
    """Return the servers without those of the colour beside the one under test, if two stand.

    That one answers no request that is judged, and it may be half built, or abandoned.
    """
    others = beside(target, served_by)
    return tuple(server for server in servers if server.backend not in others)


def beside(target: Target, served_by: Mapping[str, str]) -> frozenset[str]:
    """Return the pools of the colour beside the one under test; none if one stands alone."""
    return frozenset(
        named(backend, colour)
        for backend, component in served_by.items()
        if None not in {host.colour for host in target.carrying(component)}
        for colour in target.beside
    )


def answering_nobody(target: Target, served_by: Mapping[str, str]) -> frozenset[str]:
    """Return the pools of the colour beside the one under test, if the latter answers clients of the stage.

    One that is looked at by its preview may not: then the one beside answers them.
    """
    by_preview = target.inside in {preview.inside for preview in target.preview.values()}
    return frozenset() if by_preview else beside(target, served_by)


def all_up(host: Host, target: Target, served_by: Mapping[str, str]) -> Observation:
    """Say whether all servers of a load balancer that are under test are up. Raises ReadingFailed."""
    return status.all_up(under_test(status.read(host), target, served_by))


def all_are_up(target: Target, served_by: Mapping[str, str]) -> Reading:
    """Return the reading of the same."""

    def judge(output: Output) -> Observation:
        return status.all_up(under_test(status.parse(stdout_of(output)), target, served_by))

    return Reading(status.SHOW_STAT, judge)
