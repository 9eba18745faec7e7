"""Which substrate a stage's hosts come from: the one place that knows the name of each."""

from collections.abc import Callable, Mapping

from stages.design.blueprint import Blueprint
from stages.machine.site import Site
from stages.machine.substrates.inventory import Inventory
from stages.machine.substrates.lab import Lab
from stages.machine.substrates.substrate import Substrate

_BY_NAME: Mapping[str, Callable[[Site, Blueprint], Substrate]] = {"lab": Lab, "inventory": Inventory}


def substrate(name: str, site: Site, blueprint: Blueprint) -> Substrate:
    """The substrate that a stage's file names, for this stage. Raises KeyError for a name without one."""
    return _BY_NAME[name](site, blueprint)


def takes_memory_here(name: str) -> bool:
    """What `Substrate.takes_memory_here` says of the substrate of this name, where there is no stage yet."""
    return name == "lab"
