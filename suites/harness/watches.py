"""Which components a gate's checks look at besides their own, from what the suites declare."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from suites.harness.component import Component
from suites.harness.layout import OF_FAULTS, Place
from suites.harness.loading import listing_of, loaded, mix_of, tempest_looks_at

# Of the restart gate: its only check.
COMES_BACK = "comes_back"
# Of the load gate: all of them look at what takes part in the answers.
UNDER_LOAD = ("answers_at_once", "no_host_stands_out")
# Of smoke, and of the final gate, which makes smoke's checks again.
NOTED, AS_BEFORE = "inventory_is_noted", "inventory_is_as_before"

# By the name of a check, the other components that it looks at.
Others = Mapping[str, Iterable[str]]


def _listed(package: str, component: Component, check: str) -> Others:
    """What smoke's checks look at; and that of the inventory, which asks an API as the administrator."""
    known = listing_of(package, component.name) is not None
    return {**component.looks_at, **({check: component.used_with} if known else {})}


def _under_load(package: str, name: str) -> Others:
    mix = mix_of(package, name)
    return {} if mix is None else dict.fromkeys(UNDER_LOAD, mix.watches)


# By gate, where a component declares that; a call has the name of the suites package, too.
DECLARED: Mapping[str, Callable[[str, Component], Others]] = MappingProxyType(
    {
        "api": lambda package, component: tempest_looks_at(package, component.name),
        **dict.fromkeys(OF_FAULTS, lambda _, component: {one.name: one.looks_at for one in component.faults}),
        "final": lambda package, component: _listed(package, component, AS_BEFORE),
        "load": lambda package, component: _under_load(package, component.name),
        "neighbours": lambda _, component: component.crosses,
        "restart": lambda _, component: {COMES_BACK: component.used_with},
        "smoke": lambda package, component: _listed(package, component, NOTED),
    }
)


def watches(suites: Path, gate: str) -> Mapping[str, tuple[str, ...]]:
    """Return by `component/check` the components that a check looks at, its own included, sorted.

    Checks that look at their own component alone are left out. `suites` is the folder of a suites package.
    Raises SuiteMisplaced.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name in Place(suites, gate, None).components:
        for check, others in DECLARED[gate](suites.name, loaded(suites.name, name)).items():
            looked_at = {name, *others}
            if looked_at != {name}:
                found[f"{name}/{check}"] = tuple(sorted(looked_at))
    return found
