"""The roles there are: a folder each, found by name, imported when asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from stages.roles.role import Role

ROLES = {
    "loadbalancer": "stages.roles.loadbalancer.role",
    "database": "stages.roles.database.role",
    "identity": "stages.roles.identity.role",
}


def load(name: str) -> Role:
    """The role of this name. Raises KeyError when there is none."""
    return cast("Role", importlib.import_module(ROLES[name]).ROLE)
