"""Resource providers, compared with compute hosts."""

from collections.abc import Iterable

from pydantic import TypeAdapter

from suites.clients.runner import Clients
from suites.hosts.reading import Observation
from suites.openstack.access import access
from suites.seam.target import Target


def read(clients: Clients, target: Target) -> tuple[str, ...]:
    """Return the names of the root providers. Raises ClientFailed."""
    request = {"access": access(target), "placement": target.endpoints["placement"]}
    answer = clients.ask("suites.components.placement.providers_client", request)
    return TypeAdapter(tuple[str, ...]).validate_python(answer["roots"])


def are(roots: Iterable[str], computes: Iterable[str]) -> Observation:
    """Say whether the providers are exactly the compute hosts."""
    there, wanted = set(roots), set(computes)
    wrong = [f"{name} has no provider" for name in sorted(wanted - there)]
    wrong += [f"{name} is not a compute host" for name in sorted(there - wanted)]
    seen = ", ".join(wrong or sorted(there))
    return Observation(holds=not wrong, seen=seen or "none, as there is no compute host")
