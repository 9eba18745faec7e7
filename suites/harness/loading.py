"""Loads what a suites package knows of a component, without pytest, which is slow to import."""

import importlib
import importlib.util
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from suites.errors import SuiteMisplaced
from suites.harness.component import Component
from suites.harness.layout import folder_of


def loaded(package: str, name: str) -> Component:
    """Return a component of a suites package by its name. Raises SuiteMisplaced."""
    folder = folder_of(name)
    found = importlib.import_module(f"{package}.components.{folder}.component").COMPONENT
    if not isinstance(found, Component) or found.name != name:
        raise SuiteMisplaced(
            f"components/{folder}/component.py must set COMPONENT to a Component named {name}", where=package
        )
    return found


def tempest_groups(package: str, name: str) -> Mapping[str, tuple[str, ...]]:
    """Return the tempest tests of each check, from a component's `api.py`; empty if it has none."""
    module = _beside(package, name, "api")
    groups: Mapping[str, tuple[str, ...]] = {} if module is None else module.GROUPS
    return groups


def tempest_looks_at(package: str, name: str) -> Mapping[str, Iterable[str]]:
    """Return the other components that the tests of a check ask, from the same file; empty if it has none."""
    module = _beside(package, name, "api")
    others: Mapping[str, Iterable[str]] = {} if module is None else module.LOOKS_AT
    return others


def mix_of(package: str, name: str) -> Any:  # noqa: ANN401 - the load gate's own type, which stands above
    """Return what is asked of a component under load, from its `load.py`; None if it has none."""
    module = _beside(package, name, "load")
    return None if module is None else module.MIX


def listing_of(package: str, name: str) -> Any:  # noqa: ANN401 - a type of readings, which stand above
    """Return what a component has in a stage, from its `inventory.py`; None if it has none."""
    module = _beside(package, name, "inventory")
    return None if module is None else module.LISTING


def _beside(package: str, name: str, file: str) -> ModuleType | None:
    module = f"{package}.components.{folder_of(name)}.{file}"
    return None if importlib.util.find_spec(module) is None else importlib.import_module(module)
