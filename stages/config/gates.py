"""gates.yaml: the checks and budgets of each gate."""

from collections.abc import Mapping

from stages import roles as known_roles
from stages.config.document import Document
from stages.config.judging import judge, mapping, misshapen
from stages.config.models import AgainShape, Gate, GateShape
from stages.config.problems import Problem, closest

LOAD = "load"


def judge_gates(document: Document) -> tuple[dict[str, Gate], list[Problem]]:
    """Validate the file; return the gates by name, and all problems."""
    if not isinstance(document.data, dict) or not document.data:
        return {}, misshapen(document, (), "the file must be a mapping of gates")
    gates: dict[str, Gate] = {}
    again: dict[str, AgainShape] = {}
    problems: list[Problem] = []
    for name in document.data:
        shape, found = judge(GateShape, document, (name,))
        problems += found
        for part in ("each_host", "once", "budgets"):
            problems += _components(document, name, part)
        if shape is None:
            continue
        gates[name] = Gate.of(name, shape)
        problems += _load(document, gates[name])
        if shape.again is not None:
            again[name] = shape.again
        elif not any([*shape.each_host.values(), *shape.once.values()]):
            message = f"the gate {name!r} requires no check, so it would prove nothing"
            hint = "name its checks under each_host or once"
            problems.append(Problem.at(document.key((name,)), message, hint))
    for name, asked in again.items():
        known = gates.keys() - again.keys()
        problems += _again(document, name, asked, {other: gates[other] for other in known})
        if asked.gate in known:
            gates[name] = gates[name].with_checks_of(gates[asked.gate], asked.without)
    return gates, problems


def _again(document: Document, name: str, asked: AgainShape, known: Mapping[str, Gate]) -> list[Problem]:
    """What is made again is of a gate that has its own checks, and what is left out is one of those."""
    if asked.gate not in known:
        place = document.place((name, "again", "gate"))
        message = f"no gate {asked.gate!r} has checks of its own"
        return [Problem.at(place, message, closest(asked.gate, known))]
    other = known[asked.gate]
    checks = {check for part in (other.each_host, other.once) for found in part.values() for check in found}
    return [
        Problem.at(
            document.place((name, "again", "without", index)),
            f"the gate {asked.gate!r} has no check {check!r} that could be left out",
            closest(check, checks),
        )
        for index, check in enumerate(asked.without)
        if check not in checks
    ]


def _load(document: Document, gate: Gate) -> list[Problem]:
    """The gate of that name needs a load, and any other would ignore it."""
    if gate.name == LOAD and gate.load is None:
        message = "the key 'load' is missing: how much the gate asks for, and for how long"
        hint = "write load: {rate: 22, lasts: 19s, waits: 500ms}"
        return [Problem.at(document.key((gate.name,)), message, hint)]
    if gate.name != LOAD and gate.load is not None:
        message = f"the gate {gate.name!r} puts no load on a stage"
        return [Problem.at(document.key((gate.name, "load")), message, f"only the gate {LOAD!r} does")]
    return []


def _components(document: Document, gate: str, part: str) -> list[Problem]:
    known = {component for role in known_roles.ROLES for component in known_roles.load(role).components}
    problems = []
    for component, checks in mapping(document, (gate, part)).items():
        path = (gate, part, component)
        if component not in known:
            message = f"unknown component {component!r}"
            problems.append(Problem.at(document.key(path), message, closest(component, known)))
        for index, check in enumerate(checks if isinstance(checks, list) else []):
            if check in checks[:index]:
                place = document.place((*path, index))
                problems.append(Problem.at(place, f"duplicate check {check!r}", "once is enough"))
    return problems
