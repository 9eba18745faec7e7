"""The budgets of a gate: each must match its formula, for the timers of every stage where it may be run."""

from collections.abc import Iterable, Mapping

from stages.config.document import Document
from stages.config.judging import mapping
from stages.config.models import Gate, StageConfig
from stages.config.problems import Problem, closest
from stages.config.timing import FORMULAS, timings

NEAR = 0.01  # numbers are written with two decimals


def judge_budgets(
    document: Document, gates: Mapping[str, Gate], stages: Iterable[StageConfig]
) -> list[Problem]:
    """All problems with the budgets in gates.yaml."""
    deployed = list(stages)
    asked = {name for stage in deployed for name in stage.gates}
    with_faults = {name for name in asked if name in gates and gates[name].budgets}
    problems = []
    for name, gate in gates.items():
        problems += _without_formula(document, name)
        problems += _missing(document, gate)
        for stage in deployed:
            # Budgets of a gate that is only run by hand hold where faults are made by others.
            runs = {name} if name in asked else with_faults
            if runs.intersection(stage.gates):
                problems += _off(document, gate, stage)
    return problems


def _without_formula(document: Document, gate: str) -> list[Problem]:
    problems = []
    for component, faults in mapping(document, (gate, "budgets")).items():
        known = [fault for name, fault in FORMULAS if name == component]
        for fault in faults if isinstance(faults, dict) else ():
            if fault not in known:
                place = document.key((gate, "budgets", component, fault))
                message = f"there is no formula for what {component}/{fault} may cost"
                problems.append(Problem.at(place, message, closest(fault, known)))
    return problems


def _missing(document: Document, gate: Gate) -> list[Problem]:
    return [
        Problem.at(
            document.key((gate.name, "once", component)),
            f"{component}/{check} has no budget",
            "its formula is in stages/config/timing.py",
        )
        for component, checks in gate.once.items()
        for check in checks
        if (component, check) in FORMULAS and check not in gate.budgets.get(component, {})
    ]


def _off(document: Document, gate: Gate, stage: StageConfig) -> list[Problem]:
    wanted = timings(stage.settings)
    problems = []
    for component, faults in gate.budgets.items():
        for fault, budget in faults.items():
            timing = wanted.get(component, {}).get(fault)
            if timing is not None and abs(budget - timing.budget) > NEAR * timing.budget:
                place = document.place((gate.name, "budgets", component, fault))
                message = f"{component}/{fault}: {budget:g}s does not follow from the timers of {stage.name}"
                formula = f"{timing.to_json()['formula']} = {timing.budget:.2f}s"
                problems.append(Problem.at(place, message, formula))
    return problems
