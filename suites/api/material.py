"""What tempest's tests need besides accounts, and the removal of what killed tests leave behind.

They need images, flavors, and a network in each project. All of it is the gate's own, has the accounts' name
prefix, and stays from run to run. No other user sees it listed: images are visible only to those who know
their id, flavors only to the gate's projects. Nothing else uses the gate's projects, so anything else in one
was left behind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keystoneauth1 import exceptions, session

from suites.api.accounts import PREFIX
from suites.hosts.reading import Observation, until

# Tests need two of each, to change from one to the other. By name, the memory in MiB.
FLAVORS = {f"{PREFIX}-small": 64, f"{PREFIX}-large": 128}
IMAGES = (f"{PREFIX}-one", f"{PREFIX}-other")
CONTENT = bytes(1 << 20)
# Projects share nothing, so all networks may have the same addresses; nothing routes these (RFC 2544).
CIDR = "198.18.0.0/24"
# A server's ports and network can't be deleted before the server is gone.
SERVERS_GONE_WITHIN = 40
ROUTER_SIDE = "network:router_interface"


@dataclass(frozen=True, slots=True)
class Rest:
    """A service's API at a URL, called with the administrator's token; raises what keystoneauth1 raises."""

    client: session.Session
    url: str

    def listed(self, path: str, kind: str, **query: object) -> list[dict[str, Any]]:
        """Return the list under `kind` in the answer. A value of `query` may be a list of values."""
        found: list[dict[str, Any]] = self.client.get(f"{self.url}{path}", params=query).json()[kind]
        return found

    def post(self, path: str, document: Mapping[str, object]) -> dict[str, Any]:
        """Post a document; return the answer, empty if it has no content."""
        answer = self.client.post(f"{self.url}{path}", json=document)
        return answer.json() if answer.content else {}

    def put(self, path: str, content: bytes | Mapping[str, object]) -> None:
        """Put raw bytes, or a JSON document."""
        if isinstance(content, bytes):
            headers = {"Content-Type": "application/octet-stream"}
            self.client.put(f"{self.url}{path}", data=content, headers=headers)
        else:
            self.client.put(f"{self.url}{path}", json=content)

    def delete(self, path: str) -> None:
        """Delete a resource; it is no error if it does not exist."""
        try:
            self.client.delete(f"{self.url}{path}")
        except exceptions.NotFound:
            return


@dataclass(frozen=True, slots=True)
class Material:
    """The ids of the flavors and images, in a fixed order; none if the stage has no such service."""

    flavors: tuple[str, ...] = ()
    images: tuple[str, ...] = ()


def have_flavors(compute: Rest, projects: Mapping[str, str]) -> int:
    """Ensure the flavors exist for these projects; return how many are new. A flavor's id is its name."""
    # "None" lists both public and private ones.
    there = {str(flavor["id"]) for flavor in compute.listed("/flavors", "flavors", is_public="None")}
    for name, memory in FLAVORS.items():
        if name not in there:
            # Only administrators could use a flavor without a disk.
            size = {"ram": memory, "vcpus": 1, "disk": 1}
            values = {"id": name, "name": name, **size, "os-flavor-access:is_public": False}
            compute.post("/flavors", {"flavor": values})
        access = compute.listed(f"/flavors/{name}/os-flavor-access", "flavor_access")
        known = {str(entry["tenant_id"]) for entry in access}
        for project in sorted(set(projects.values()) - known):
            compute.post(f"/flavors/{name}/action", {"addTenantAccess": {"tenant": project}})
    return len(FLAVORS.keys() - there)


def have_images(image: Rest) -> tuple[tuple[str, ...], int]:
    """Ensure that the images exist, with their content; return their ids, and how many are new."""
    identifiers, made = [], 0
    for name in IMAGES:
        found = image.listed("/v2/images", "images", name=name, visibility="community")
        whole = [str(one["id"]) for one in found if one["status"] == "active"]
        # Left by a run that was killed during the upload; it will never become active.
        for one in found:
            if one["status"] != "active":
                image.delete(f"/v2/images/{one['id']}")
        if not whole:
            formats = {"disk_format": "raw", "container_format": "bare"}
            new = image.post("/v2/images", {"name": name, "visibility": "community", **formats})
            image.put(f"/v2/images/{new['id']}/file", CONTENT)
            whole, made = [str(new["id"])], made + 1
        identifiers.append(whole[0])
    return tuple(identifiers), made


def have_networks(network: Rest, projects: Mapping[str, str]) -> int:
    """Ensure that each project has a network of its name, with a subnet; return how many are new."""
    query = {"project_id": sorted(projects.values())}
    networks = network.listed("/v2.0/networks", "networks", **query)
    subnetted = {str(one["network_id"]) for one in network.listed("/v2.0/subnets", "subnets", **query)}
    by_name = {str(one["name"]): str(one["id"]) for one in networks}
    for name, project in projects.items():
        identifier = by_name.get(name)
        if identifier is None:
            values = {"name": name, "project_id": project}
            identifier = str(network.post("/v2.0/networks", {"network": values})["network"]["id"])
        if identifier not in subnetted:
            subnet = {"network_id": identifier, "name": name, "project_id": project}
            network.post("/v2.0/subnets", {"subnet": {**subnet, "ip_version": 4, "cidr": CIDR}})
    return len(projects.keys() - by_name.keys())


def clear_servers(compute: Rest, projects: Mapping[str, str]) -> int:
    """Delete the servers of the projects, and wait until they are gone; return their number.

    Raises NotWithin if some remain.
    """
    left = _servers(compute, projects)
    for server in left:
        compute.delete(f"/servers/{server['id']}")
    if left:

        def gone() -> Observation:
            stay = [str(server["id"]) for server in _servers(compute, projects)]
            return Observation(not stay, f"servers that could not be deleted: {', '.join(stay)}")

        until(gone, within=SERVERS_GONE_WITHIN, every=1)
    return len(left)


def clear_images(image: Rest, projects: Mapping[str, str]) -> int:
    """Delete the images that the projects own; return their number."""
    left = [
        one
        for project in projects.values()
        for one in image.listed("/v2/images", "images", owner=project, visibility="all")
        # A service that ignores the filter would list everybody's images.
        if one["owner"] == project
    ]
    for one in left:
        image.delete(f"/v2/images/{one['id']}")
    return len(left)


def clear_networks(network: Rest, projects: Mapping[str, str]) -> int:
    """Delete ports, routers, subnet pools, security groups and networks of the projects; return how many.

    A project keeps the network of its own name, and the default security group that Neutron creates.
    """
    kept = set(projects)
    ports = _of(network, "ports", projects)
    for port in ports:
        if port["device_owner"] == ROUTER_SIDE:
            path = f"/v2.0/routers/{port['device_id']}/remove_router_interface"
            network.put(path, {"port_id": port["id"]})
        # Neutron's own ports are deleted with their network.
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
