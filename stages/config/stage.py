"""stages/<name>.yaml: what one stage is made of.

Each part is validated separately, from the data as written, so that no error hides one in another part.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from stages import roles as known_roles
from stages.config import roles
from stages.config.canary import judge_canary
from stages.config.document import Document
from stages.config.inventory import judge_inventory
from stages.config.judging import at, judge, mapping
from stages.config.models import SUBSTRATES, StageConfig, StageShape
from stages.config.problems import Problem, closest
from stages.config.secrets import judge_secrets
from stages.config.strategy import judge_strategy
from stages.design.blueprint import Role


def judge_stage(
    name: str, document: Document, defaults: Document, gates: Document
) -> tuple[StageConfig | None, list[Problem]]:
    """Validate a stage's file; return the stage (`after` not set yet), and all problems."""
    shape, problems = judge(StageShape, document)
    problems += _substrate(document)
    problems += _counts(document)
    problems += _gates(document, gates)
    problems += _overridden_roles(document)
    references, found = judge_secrets(document)
    problems += found
    inventory, found = judge_inventory(document)
    problems += found
    canary, found = judge_canary(document)
    problems += found
    strategy, found = judge_strategy(document)
    problems += found
    settings = {}
    for role in roles.NAMES:
        value, found = roles.effective(role, defaults, document)
        problems += found
        if value is not None:
            settings[role] = value
    if shape is None:
        return None, problems
    counts, own = MappingProxyType(shape.roles), MappingProxyType(settings)
    stage = StageConfig(
        name=name,
        after=None,
        substrate=shape.substrate,
        roles=counts,
        gates=tuple(shape.gates),
        settings=own,
        secrets=references,
        inventory=inventory,
        canary=canary,
        retire_after=shape.retire_after,
        rehearse=shape.rehearse,
        strategy=strategy,
    )
    return stage, problems


def _substrate(document: Document) -> list[Problem]:
    substrate = at(document.data, ("substrate",))
    if not isinstance(substrate, str) or substrate in SUBSTRATES:
        return []
    place = document.place(("substrate",))
    return [Problem.at(place, f"unknown substrate {substrate!r}", closest(substrate, SUBSTRATES))]


def _counts(document: Document) -> list[Problem]:
    problems = []
    wanted = mapping(document, ("roles",))
    for role, count in wanted.items():
        path = ("roles", role)
        if role not in roles.NAMES:
            hint = closest(role, roles.NAMES)
            problems.append(Problem.at(document.key(path), f"unknown role {role!r}", hint))
            continue
        why = roles.count_problem(role, count) if type(count) is int else None
        if why is not None:
            problems.append(Problem.at(document.place(path), f"{role}: {why}"))
        problems += _missing(document, known_roles.load(role), wanted)
    return problems


def _missing(document: Document, role: Role, wanted: Mapping[str, Any]) -> list[Problem]:
    """A problem for each role that this one requires and the stage lacks."""
    place = document.key(("roles", role.name))
    there = {name for name in roles.NAMES if name in wanted or document.is_flawed(("roles", name))}
    problems = [
        Problem.at(place, f"{role.name} needs {needed}, and the stage has none", f"add {needed}: 1")
        for needed in role.needs
        if needed not in there
    ]
    if role.serves and there.isdisjoint(role.serves):
        message = f"{role.name} serves {' or '.join(role.serves)}, and the stage has none"
        problems.append(Problem.at(place, message, f"add {role.serves[0]}: 1, or leave {role.name} out"))
    return problems


def _gates(document: Document, gates: Document) -> list[Problem]:
    named = at(document.data, ("gates",))
    known = gates.data if isinstance(gates.data, dict) else None
    problems = []
    for index, gate in enumerate(named if isinstance(named, list) else []):
        place = document.place(("gates", index))
        if not isinstance(gate, str):
            continue
        if known is not None and gate not in known:
            problems.append(Problem.at(place, f"unknown gate {gate!r}", closest(gate, known)))
        if gate in named[:index]:
            problems.append(Problem.at(place, f"duplicate gate {gate!r}", "once is enough"))
    return problems


def _overridden_roles(document: Document) -> list[Problem]:
    return [
        Problem.at(document.key(("settings", name)), f"unknown role {name!r}", closest(name, roles.NAMES))
        for name in mapping(document, ("settings",))
        if name not in roles.NAMES
    ]
