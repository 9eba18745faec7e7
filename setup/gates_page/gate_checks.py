"""Every check that the gates ask for, and every fault besides: what it judges, and where it asks."""

import importlib
import importlib.util
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gate_code

from stages.config import read
from suites.faults.fault_case import FaultCase
from suites.harness.component import Component
from suites.harness.gate_run import AGAIN
from suites.harness.layout import GATES, OF_FAULTS, Place, folder_of
from suites.harness.loading import loaded, tempest_groups
from suites.harness.watches import COMES_BACK, watches
from suites.hosts.reading import judge_units
from suites.neighbours import versions

ROOT = Path(__file__).resolve().parents[2]
SUITES = ROOT / "suites"
ORDER = ("smoke", "load", "restart", "failover", "matrix", "api", "final", "neighbours")
EACH, TOGETHER, ONE = "each host", "all its hosts together", "one of its hosts"
PREVIEWS = "both colours, from their previews"
ADDRESSES = {gate_code.VIP: "the VIP", gate_code.OWN_ADDRESS: "the hosts' own addresses"}
# Checks that judge a component's own readings, with what they say before them.
OF_HEALTH = {"healthy": "", "some_serve": "on one host at least "}
ELSEWHERE = "hosts of other components"


@dataclass(frozen=True, slots=True)
class Check:
    """A check of a component.

    `judged_by` are the functions that judge, by module and name, as far as the code has such.
    """

    gate: str
    component: str
    name: str
    where: str
    says_whether: str
    judged_by: frozenset[str] = frozenset()
    watches: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Its gate, component and name, as `smoke/galera/one_cluster`."""
        return f"{self.gate}/{self.component}/{self.name}"


def components() -> Mapping[str, Component]:
    """Return all components by name."""
    return {name: loaded("suites", name) for name in Place(SUITES, "smoke", None).components}


def checks() -> tuple[Check, ...]:
    """Return the checks of all gates, in the order of gates and rosters. Raises LookupError."""
    if set(ORDER) != GATES:
        raise LookupError(f"name every gate in ORDER, not only {', '.join(ORDER)}")
    return tuple(check for gate in ORDER for check in _of_gate(gate))


def _of_gate(gate: str) -> Iterator[Check]:
    gates = read(ROOT / "config").gates
    shape = gates[gate]
    # What it makes once more is told with the gate that makes it first.
    told = gates[AGAIN[gate]] if gate in AGAIN else None
    watched = watches(SUITES, gate)
    known = components()
    for each_host, part in ((True, "each_host"), (False, "once")):
        before = getattr(told, part, {})
        for name, wanted in getattr(shape, part).items():
            for check in [one for one in wanted if one not in before.get(name, ())]:
                others = tuple(one for one in watched.get(f"{name}/{check}", ()) if one != name)
                yield _check(gate, known[name], check, others, each_host=each_host)


def _check(gate: str, component: Component, name: str, others: tuple[str, ...], *, each_host: bool) -> Check:
    about = (gate, component.name, name)
    if gate == "restart" and name == COMES_BACK:
        works = f"after a restart {gate_code.usefulness(component)}"
        return Check(*about, EACH, works, _named(gate_code.judging_use(component)), others)
    if gate in OF_FAULTS:
        (case,) = [one for one in component.faults if one.name == name]
        return _fault(gate, component.name, case, others)
    if gate == "api":
        count = len(tempest_groups("suites", component.name)[name])
        tests = "tempest's test passes" if count == 1 else f"all {count} tests of tempest pass"
        return Check(*about, "the VIP", tests, watches=others)
    function = _function(gate, component.name, name)
    if gate == "neighbours":
        walks = gate_code.referred(function, f"suites.components.{folder_of(component.name)}.neighbours")
        return Check(*about, PREVIEWS, _of_neighbours(walks), _named(walks), others)
    told = "; ".join(filter(None, map(gate_code.promise, gate_code.judgements(function))))
    judging = gate_code.judgements(function, deep=True)
    if name in OF_HEALTH:
        told, judging = OF_HEALTH[name] + "; ".join(gate_code.health(component)), (*judging, judge_units)
    where = ", ".join(ADDRESSES.values()) if gate == "load" else _where(function, each_host=each_host)
    return Check(*about, where, told or _as_words(name), _named(judging), others)


def _where(function: Callable[..., Any], *, each_host: bool) -> str:
    through = gate_code.asked_through(function)
    places = [ADDRESSES[one] for one in ADDRESSES if one in through]
    if each_host:
        return ", ".join([EACH, *places])
    if "fleet" in inspect.signature(function).parameters:
        return ELSEWHERE
    asks = [TOGETHER] if gate_code.takes_all(function) else []
    return ", ".join(asks + places) or ONE


def _fault(gate: str, component: str, case: FaultCase, others: tuple[str, ...]) -> Check:
    where = f"probes: {', '.join(sorted(kind.value for kind in case.probes))}"
    made = gate_code.first_sentence(getattr(case.fault, "func", case.fault)).partition(": ")[0]
    chosen = gate_code.first_sentence(getattr(case.victim, "func", case.victim)).removeprefix("Return ")
    told = f"clients survive this: {made[:1].lower()}{made[1:]}{f' ({chosen})' if chosen else ''}"
    for strike in case.also:
        which = gate_code.first_sentence(strike.victims).removeprefix("Return ")
        more = gate_code.first_sentence(getattr(strike.fault, "func", strike.fault)).partition(": ")[0]
        told += f", and {more[:1].lower()}{more[1:]} ({which})"
    return Check(gate, component, case.name, where, told, watches=others)


def _of_neighbours(walks: Sequence[Callable[..., Any]]) -> str:
    """Return what one colour does with the other, given what the check hands over to be done."""
    judging = [*filter(None, map(gate_code.promise, walks or (versions.meet,)))]
    told = judging[0] if judging else gate_code.first_sentence(walks[-1])
    return told[:1].lower() + told[1:]


def _function(gate: str, component: str, name: str) -> Callable[..., Any]:
    """Return the function that is a check. Raises LookupError, naming the check."""
    for module in (f"suites.components.{folder_of(component)}.test_{gate}", f"suites.{gate}.test_{gate}"):
        if importlib.util.find_spec(module) is not None:
            found = getattr(importlib.import_module(module), f"test_{name}", None)
            if found is not None:
                function: Callable[..., Any] = found
                return function
    raise LookupError(f"config/gates.yaml asks for {gate}/{component}/{name}, and no test_{name} is there")


def _named(functions: Iterable[Callable[..., Any]]) -> frozenset[str]:
    return frozenset(f"{one.__module__}.{one.__name__}" for one in functions)


def _as_words(name: str) -> str:
    return name.replace("_", " ")
