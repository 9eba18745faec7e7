"""A server created by the API, with scheduler, conductor, message bus, Placement, Glance and compute host."""

from collections.abc import Collection
from dataclasses import dataclass

from pydantic import TypeAdapter

from suites.clients.runner import Clients
from suites.hosts.reading import Observation
from suites.openstack.access import access
from suites.seam.target import Target

# A scheduler looks for new compute hosts only every few seconds, and a cold service takes some more.
ACTIVE_WITHIN, GONE_WITHIN = 45, 20
# For what comes before and after: a token, an image, a flavor.
BESIDE = 30


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a server: status, host, error, seconds until then, and whether it was deleted."""

    status: str
    host: str
    fault: str
    seconds: float
    gone: bool


def make(clients: Clients, target: Target, name: str) -> Made:
    """Create a server without a network through the VIP, and delete it. Raises ClientFailed."""
    request = {
        "access": access(target),
        "compute": target.endpoints["compute"],
        "image": target.endpoints["image"],
        "name": name,
        "active_within": ACTIVE_WITHIN,
        "gone_within": GONE_WITHIN,
    }
    within = ACTIVE_WITHIN + GONE_WITHIN + BESIDE
    answer = clients.ask("suites.components.nova_api.server_client", request, within=within)
    return TypeAdapter(Made).validate_python(answer)


def became_active(made: Made, computes: Collection[str]) -> Observation:
    """Say whether the server became ACTIVE on a compute host, and was deleted."""
    if made.status != "ACTIVE":
        why = f": {made.fault}" if made.fault else ""
        return Observation(holds=False, seen=f"{made.status} after {made.seconds:.1f} s{why}")
    seen = f"ACTIVE after {made.seconds:.1f} s on {made.host or 'no host'}"
    if made.host not in computes:
        return Observation(holds=False, seen=f"{seen}, which is not a compute host of the stage")
    if not made.gone:
        return Observation(holds=False, seen=f"{seen}, still there {GONE_WITHIN} s after it was deleted")
    return Observation(holds=True, seen=f"{seen}, deleted")
