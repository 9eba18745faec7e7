"""Ranges of network segments: the expanded schema of some upgrades refuses those of the old code."""

from dataclasses import dataclass

from pydantic import TypeAdapter

from suites.clients.runner import Clients
from suites.hosts.reading import Observation
from suites.openstack.access import access
from suites.seam.target import Target


@dataclass(frozen=True, slots=True)
class Range:
    """Whether Neutron has ranges of segments, and why it refused one, "" if it did not."""

    known: bool
    refused: str


def make(clients: Clients, target: Target, name: str) -> Range:
    """Make a range and delete it. Raises ClientFailed."""
    request = {"access": access(target), "network": target.endpoints["network"], "name": name}
    return TypeAdapter(Range).validate_python(clients.ask("suites.components.neutron.ranges_client", request))


def made(found: Range) -> Observation:
    """Say whether a range was made where there are any.

    Without the plugin network_segment_range nobody can write one: that is seen, too, and holds.
    """
    if found.refused:
        return Observation(holds=False, seen=f"a range of type geneve was refused: {found.refused}")
    if not found.known:
        return Observation(holds=True, seen="the API has no segment ranges, so nothing writes any")
    return Observation(holds=True, seen="a range of type geneve was made and deleted")
