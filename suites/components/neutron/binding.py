"""Port bindings on compute hosts."""

from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter

from suites.clients.runner import Clients
from suites.hosts.reading import Observation
from suites.openstack.access import access
from suites.seam.target import Target

# OVN's vif_type on a host whose controller is alive; otherwise it is binding_failed.
WANTED = "ovs"


def bind(clients: Clients, target: Target, hosts: Sequence[str], name: str) -> Mapping[str, str]:
    """Bind a port on each host; return their vif_types. All is deleted again. Raises ClientFailed."""
    request = {
        "access": access(target),
        "network": target.endpoints["network"],
        "hosts": list(hosts),
        "name": name,
    }
    answer = clients.ask("suites.components.neutron.binding_client", request)
    return TypeAdapter(dict[str, str]).validate_python(answer["bound"])


def all_bound(bound: Mapping[str, str]) -> Observation:
    """Say whether the ports of all hosts are bound, and there is a host."""
    wrong = [f"a port on {host} is {vif_type}" for host, vif_type in bound.items() if vif_type != WANTED]
    if wrong or not bound:
        return Observation(holds=False, seen=", ".join(wrong) or "there is no compute host to bind a port on")
    return Observation(holds=True, seen=f"vif_type {WANTED} on {', '.join(bound)}, deleted")
