"""The legs of a plan: steps, then gates, then more steps. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.core.kinds import Kind

# Names of legs and of their gates become names of directories.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of a plan: steps, by id, and then gates, by name and in order.

    With `asks_policy`, holds, freezes and approvals are asked about again before its first step, but not in a
    rollback.
    """

    name: str
    steps: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    asks_policy: bool = False

    def asks_in(self, kind: Kind) -> bool:
        """Whether policy is asked before it in an attempt of this kind: no rollback is ever stopped."""
        return self.asks_policy and kind is not Kind.ROLLBACK


def gate_name(leg: str, gate: str) -> str:
    """A gate as it is told and kept: `smoke`, and in a plan of several legs `build/smoke`."""
    return f"{leg}/{gate}" if leg else gate


def completed(legs: Sequence[Leg], steps: Iterable[str], gates: Sequence[str]) -> tuple[Leg, ...]:
    """The legs as they are performed: the last one ends with these gates, too, which the attempt must pass.

    So no release can leave one out. Without legs, one leg without a name holds all steps and these gates.
    """
    if not legs:
        return (Leg("", tuple(steps), tuple(gates)),)
    *others, last = legs
    return (*others, replace(last, gates=tuple(dict.fromkeys([*last.gates, *gates]))))


def problems(legs: Sequence[Leg], needs: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Why these legs cannot be performed; nothing if they can, or if there are none.

    `needs` are the ids of the steps that each step of the plan needs, by its id.
    """
    names = [leg.name for leg in legs]
    for name in _twice(names):
        yield f"leg {name} is in the plan twice"
    for leg in legs:
        for name in (leg.name, *leg.gates):
            if not _NAME.fullmatch(name):
                yield f"{name!r} of leg {leg.name!r} is no name: it must be made of a-z, 0-9, - and _"
        for gate in _twice(leg.gates):
            yield f"leg {leg.name} has gate {gate} twice"
        if not leg.gates and leg is not legs[-1]:
            yield f"leg {leg.name} ends without a gate, and another leg follows"
    if legs:
        yield from _misplaced(legs, needs)


def _misplaced(legs: Sequence[Leg], needs: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Steps that are in no leg or in several, and those that would wait for a step of a later leg."""
    number = {step: number for number, leg in enumerate(legs) for step in leg.steps}
    for step in _twice([step for leg in legs for step in leg.steps]):
        yield f"step {step} is in the legs twice"
    for step in number:
        if step not in needs:
            yield f"step {step} of leg {legs[number[step]].name} is not a step of the plan"
    for step, needed in needs.items():
        if step not in number:
            yield f"step {step} is in no leg"
            continue
        for need in needed:
            if number.get(need, 0) > number[step]:
                yield f"step {step} of leg {legs[number[step]].name} needs {need}, which is in a later leg"


def _twice(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
