"""What tempest's tests work with besides accounts: images, flavors, and a network in each project.

All of it is the gate's own, has a name that begins like its accounts', and stays from run to run. Nobody else
is offered it: images are shown to who knows their id, flavors are open to the gate's projects only.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from suites.api.accounts import PREFIX
from suites.api.rest import Rest

# Tests want two of each, to change from one to the other. By name, the memory in MiB.
FLAVORS = {f"{PREFIX}-small": 64, f"{PREFIX}-large": 128}
IMAGES = (f"{PREFIX}-one", f"{PREFIX}-other")
CONTENT = bytes(1 << 20)
# Projects share nothing, so all networks may have the same addresses; nothing routes these (RFC 2544).
CIDR = "198.18.0.0/24"


@dataclass(frozen=True, slots=True)
class Material:
    """The ids of the flavors and images, in a fixed order; none where the stage has no such service."""

    flavors: tuple[str, ...] = ()
    images: tuple[str, ...] = ()


def have_flavors(compute: Rest, projects: Mapping[str, str]) -> int:
    """Have the flavors, open to these projects; return how many are new. A flavor's id is its name."""
    # "None" is both public and not.
    there = {str(flavor["id"]) for flavor in compute.listed("/flavors", "flavors", is_public="None")}
    for name, memory in FLAVORS.items():
        if name not in there:
            # Without a disk it would be for administrators only.
            size = {"ram": memory, "vcpus": 1, "disk": 1}
            values = {"id": name, "name": name, **size, "os-flavor-access:is_public": False}
            compute.post("/flavors", {"flavor": values})
        access = compute.listed(f"/flavors/{name}/os-flavor-access", "flavor_access")
        known = {str(entry["tenant_id"]) for entry in access}
        for project in sorted(set(projects.values()) - known):
            compute.post(f"/flavors/{name}/action", {"addTenantAccess": {"tenant": project}})
    return len(FLAVORS.keys() - there)


def have_images(image: Rest) -> tuple[tuple[str, ...], int]:
    """Have the images, with their content; return their ids, and how many are new."""
    identifiers, made = [], 0
    for name in IMAGES:
        found = image.listed("/v2/images", "images", name=name, visibility="community")
        whole = [str(one["id"]) for one in found if one["status"] == "active"]
        # A run that was killed while it uploaded left one that never will be.
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
    """Have in each project a network of its name, with a subnet; return how many networks are new."""
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
