"""A client that creates a network with a port on each given host, reads the bindings, and deletes all.

Request: `{"access": …, "network": url, "hosts": [names], "name": text}`.
Answer: `{"bound": {host: vif_type}}`; it is sent only after everything is deleted.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from keystoneauth1 import session

from suites.openstack.access import Access
from suites.openstack.signed_in import signed_in

CIDR = "192.0.2.0/24"  # reserved for documentation, never routed


@dataclass(frozen=True, slots=True)
class Neutron:
    """The network API; closing `made` deletes what was created, in reverse order."""

    client: session.Session
    url: str
    made: ExitStack

    def make(self, kind: str, **values: object) -> dict[str, Any]:
        """Create a network, a subnet or a port. Raises keystoneauth1's exceptions."""
        address = f"{self.url}/v2.0/{kind}s"
        document: dict[str, Any] = self.client.post(address, json={kind: values}).json()[kind]
        self.made.callback(self.client.delete, f"{address}/{document['id']}")
        return document


def answer(access: Access, network: str, hosts: list[str], name: str) -> Mapping[str, object]:
    """Bind ports. Raises keystoneauth1's exceptions."""
    with ExitStack() as made:
        neutron = Neutron(signed_in(access), network.rstrip("/"), made)
        own = neutron.make("network", name=name)["id"]
        neutron.make("subnet", name=name, network_id=own, ip_version=4, cidr=CIDR, gateway_ip=None)
        ports = {
            host: neutron.make("port", name=name, network_id=own, **{"binding:host_id": host})
            for host in hosts
        }
        bound = {host: port["binding:vif_type"] for host, port in ports.items()}
    return {"bound": bound}
