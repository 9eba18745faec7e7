"""All roles by name. Each has a folder, which is imported on demand."""

import importlib
from typing import cast

from stages.design.blueprint import Colour, Host, Role
from stages.design.planes import SLOT_SIZE, planes

ROLES = {
    "loadbalancer": "stages.roles.loadbalancer.role",
    "database": "stages.roles.database.role",
    "messaging": "stages.roles.messaging.role",
    "coordination": "stages.roles.coordination.role",
    "identity": "stages.roles.identity.role",
    "image": "stages.roles.image.role",
    "compute-api": "stages.roles.compute_api.role",
    "network-api": "stages.roles.network_api.role",
    "volume-api": "stages.roles.volume_api.role",
    "compute": "stages.roles.compute.role",
    "ovn": "stages.roles.ovn.role",
    "object-store": "stages.roles.object_store.role",
    "document-store": "stages.roles.document_store.role",
}


def load(name: str) -> Role:
    """The role of this name. Raises KeyError if there is none."""
    return cast("Role", importlib.import_module(ROLES[name]).ROLE)


def possible(network: str) -> dict[str, Host]:
    """Every host that this release could make in a stage with this network, by name, in each colour."""
    loaded = {name: load(name) for name in ROLES}
    most = planes(dict.fromkeys(loaded, SLOT_SIZE), loaded, network, dict.fromkeys(Colour, ""), outside="")
    return {host.name: host for plane in most for host in plane.hosts}
