"""What tests left in the gate's projects when they were killed: all but what the gate itself keeps there.

A project of the gate's is used by nothing else, so what lies in one needs no name to be told by.
"""

from collections.abc import Mapping
from typing import Any

from suites.api.rest import Rest
from suites.hosts.observation import Observation
from suites.hosts.waiting import until

# A server's ports and network can't go before it has.
SERVERS_GONE_WITHIN = 40
ROUTER_SIDE = "network:router_interface"


def clear_servers(compute: Rest, projects: Mapping[str, str]) -> int:
    """Delete the servers of the projects, and wait until they are gone; return how many they were.

    Raises NotWithin when some stay.
    """
    left = _servers(compute, projects)
    for server in left:
        compute.delete(f"/servers/{server['id']}")
    if left:

        def gone() -> Observation:
            stay = [str(server["id"]) for server in _servers(compute, projects)]
            return Observation(not stay, f"servers that don't go: {', '.join(stay)}")

        until(gone, within=SERVERS_GONE_WITHIN, every=1)
    return len(left)


def clear_images(image: Rest, projects: Mapping[str, str]) -> int:
    """Delete the images that the projects own; return how many they were."""
    left = [
        one
        for project in projects.values()
        for one in image.listed("/v2/images", "images", owner=project, visibility="all")
        # A service that knows no such filter would offer everybody's.
        if one["owner"] == project
    ]
    for one in left:
        image.delete(f"/v2/images/{one['id']}")
    return len(left)


def clear_networks(network: Rest, projects: Mapping[str, str]) -> int:
    """Delete ports, routers, subnet pools, security groups and networks of the projects; return how many.

    A project keeps the network of its own name, and the security group that Neutron gives to each.
    """
    kept = set(projects)
    ports = _of(network, "ports", projects)
    for port in ports:
        if port["device_owner"] == ROUTER_SIDE:
            path = f"/v2.0/routers/{port['device_id']}/remove_router_interface"
            network.put(path, {"port_id": port["id"]})
        # What Neutron made for itself goes with the network.
        elif not str(port["device_owner"]).startswith("network:"):
            network.delete(f"/v2.0/ports/{port['id']}")
    left = {
        "routers": _of(network, "routers", projects),
        "networks": [one for one in _of(network, "networks", projects) if one["name"] not in kept],
        "subnetpools": _of(network, "subnetpools", projects),
        "security-groups": [
            one for one in _of(network, "security-groups", projects) if one["name"] != "default"
        ],
    }
    for kind, found in left.items():
        for one in found:
            network.delete(f"/v2.0/{kind}/{one['id']}")
    counted = [port for port in ports if not str(port["device_owner"]).startswith("network:")]
    return len(counted) + sum(len(found) for found in left.values())


def _servers(compute: Rest, projects: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        server
        for project in projects.values()
        for server in compute.listed("/servers/detail", "servers", all_tenants="1", project_id=project)
        if server["tenant_id"] == project
    ]


def _of(network: Rest, kind: str, projects: Mapping[str, str]) -> list[dict[str, Any]]:
    own = set(projects.values())
    found = network.listed(f"/v2.0/{kind}", kind.replace("-", "_"), project_id=sorted(own))
    return [one for one in found if one["project_id"] in own]
