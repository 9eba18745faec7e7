"""Servers that each API creates, with scheduler, conductor, message bus, Placement, Glance, compute host."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter

from suites.clients.runner import Clients
from suites.hosts.host import Host
from suites.hosts.reading import Observation
from suites.openstack.access import access
from suites.seam.target import Target

# A scheduler looks for new compute hosts only every few seconds, and a cold service takes some more.
ACTIVE_WITHIN, GONE_WITHIN = 45, 20
# For what comes before and after: a token, an image, a flavor.
BESIDE = 30
VIP = "the VIP"


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a server: status, host, error, seconds until then, and whether it was deleted."""

    status: str
    host: str
    fault: str
    seconds: float
    gone: bool


def make(clients: Clients, target: Target, hosts: Iterable[Host], name: str) -> Mapping[str, Made]:
    """Create a server without a network through the VIP and at each host's own address, and delete them.

    Returns what became of each by where it was asked for. Raises ClientFailed.
    """
    own = {host.name: target.endpoint_on("compute", target.host(host.name)) for host in hosts}
    request = {
        "access": access(target),
        "compute": {VIP: target.endpoints["compute"], **own},
        "image": target.endpoints["image"],
        "name": name,
        "active_within": ACTIVE_WITHIN,
        "gone_within": GONE_WITHIN,
    }
    within = ACTIVE_WITHIN + GONE_WITHIN + BESIDE
    answer = clients.ask("suites.components.nova_api.server_client", request, within=within)
    return TypeAdapter(dict[str, Made]).validate_python(answer)


def all_became_active(made: Mapping[str, Made], computes: Collection[str]) -> Observation:
    """Say whether the VIP and each host's API had a server become ACTIVE on a compute host, then deleted."""
    seen = {place: became_active(one, computes) for place, one in made.items()}
    wrong = [f"{place}: {one.seen}" for place, one in seen.items() if not one.holds]
    well = [f"{place}: {one.seen}" for place, one in seen.items()]
    if VIP not in seen or len(seen) == 1:
        wrong.append(f"asked were only {', '.join(seen) or 'none'}")
    return Observation(not wrong, "; ".join(wrong or well))


def became_active(made: Made, computes: Collection[str]) -> Observation:
    """Judge one server."""
    if made.status != "ACTIVE":
        why = f": {made.fault}" if made.fault else ""
        return Observation(holds=False, seen=f"{made.status} after {made.seconds:.1f} s{why}")
    seen = f"ACTIVE after {made.seconds:.1f} s on {made.host or 'no host'}"
    if made.host not in computes:
        return Observation(holds=False, seen=f"{seen}, which is not a compute host of the stage")
    if not made.gone:
        return Observation(holds=False, seen=f"{seen}, still there {GONE_WITHIN} s after it was deleted")
    return Observation(holds=True, seen=f"{seen}, deleted")
