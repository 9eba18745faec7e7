"""How long each step took, and which chain of steps the rollout waited for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.core import events as ev
from pipeline.core.plan import Step

_STARTS = ev.StepStarted | ev.GateStarted
_GATES = ev.GateStarted | ev.GateJudged
_WORK = _STARTS | ev.StepSucceeded | ev.StepFailed | ev.GateJudged


@dataclass(frozen=True, slots=True)
class Bar:
    """One step or gate: its first start and its last end, in seconds since 1970.

    `measured` are the numbers in the receipt of a step, by name, and `told` the sentences: for people alone.
    """

    name: str
    title: str
    began: float
    ended: float | None
    starts: int
    needs: tuple[str, ...] = ()
    measured: Mapping[str, float] = field(default_factory=dict)
    told: tuple[str, ...] = ()

    @property
    def seconds(self) -> float | None:
        """How long it took; None when it has not ended."""
        return None if self.ended is None else self.ended - self.began


def bars(steps: Sequence[Step], records: Iterable[ev.Record], attempt: str) -> tuple[Bar, ...]:
    """The steps and gates of an attempt, in the order of their first starts."""
    by_id = {step.id: step for step in steps}
    found: dict[str, Bar] = {}
    for record in records:
        event = record.event
        if not isinstance(event, _WORK) or event.attempt != attempt:
            continue
        name = f"gate {event.full_name}" if isinstance(event, _GATES) else event.step
        if isinstance(event, _STARTS):
            step = by_id.get(name)
            new = Bar(name, step.title if step else "", record.at, None, 0, step.needs if step else ())
            before = found.get(name, new)
            found[name] = replace(before, ended=None, starts=before.starts + 1)
        elif name in found:
            found[name] = replace(found[name], ended=record.at, **_receipt(event))
    return tuple(found.values())


def _receipt(event: ev.Event) -> dict[str, Any]:
    """What a receipt says to people. Releases write it in any form; what has another form is not for them."""
    if not isinstance(event, ev.StepSucceeded):
        return {}
    measured, told = event.receipt.get("measured"), event.receipt.get("told")
    numbers = measured.items() if isinstance(measured, Mapping) else ()
    return {
        "measured": {str(name): number for name, number in numbers if type(number) in {int, float}},
        "told": tuple(map(str, told)) if isinstance(told, list | tuple) else (),
    }


def critical_path(all_bars: Sequence[Bar]) -> tuple[Bar, ...]:
    """The chain of steps that ended last, each after the need that it waited for; without gates."""
    steps = {bar.name: bar for bar in all_bars if bar.ended is not None and not bar.name.startswith("gate ")}
    if not steps:
        return ()
    path = [max(steps.values(), key=_end)]
    while needs := [steps[need] for need in path[-1].needs if need in steps]:
        path.append(max(needs, key=_end))
    return tuple(reversed(path))


def _end(bar: Bar) -> float:
    return bar.ended or bar.began
