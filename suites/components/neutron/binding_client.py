"""A client that makes a network with a port on each of some hosts, sees how they are bound, and deletes all.

Request: `{"access": …, "network": url, "hosts": [names], "name": text}`.
Answer: `{"bound": {host: vif_type}}`; it comes only when all is deleted again.
"""

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from keystoneauth1 import session
from pydantic import BaseModel

from suites.clients.client_main import serve
from suites.openstack.access import Access
from suites.openstack.signed_in import signed_in

CIDR = "192.0.2.0/24"  # for documentation: nobody routes it


class Request(BaseModel):
    """Where Neutron is, on which hosts a port is wanted, and how all of it is called."""

    access: Access
    network: str
    hosts: list[str]
    name: str


@dataclass(frozen=True, slots=True)
class Neutron:
    """The network API; what it makes is deleted when `made` is closed, the last first."""

    client: session.Session
    url: str
    made: ExitStack

    def make(self, kind: str, **values: object) -> dict[str, Any]:
        """Make a network, a subnet or a port. Raises what keystoneauth1 raises."""
        address = f"{self.url}/v2.0/{kind}s"
        document: dict[str, Any] = self.client.post(address, json={kind: values}).json()[kind]
        self.made.callback(self.client.delete, f"{address}/{document['id']}")
        return document


def answer(document: dict[str, object]) -> Mapping[str, object]:
    """Bind ports. Raises what keystoneauth1 raises."""
    request = Request.model_validate(document)
    with ExitStack() as made:
        neutron = Neutron(signed_in(request.access), request.network.rstrip("/"), made)
        network = neutron.make("network", name=request.name)["id"]
        neutron.make(
            "subnet", name=request.name, network_id=network, ip_version=4, cidr=CIDR, gateway_ip=None
        )
        ports = {
            host: neutron.make("port", name=request.name, network_id=network, **{"binding:host_id": host})
            for host in request.hosts
        }
        bound = {host: port["binding:vif_type"] for host, port in ports.items()}
    return {"bound": bound}


if __name__ == "__main__":
    sys.exit(serve(answer))
