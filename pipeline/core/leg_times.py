"""How long legs of a plan took, and how long the next ones may take. Pure."""

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.core import events as ev
from pipeline.core.attempt import Attempt
from pipeline.core.forecast import alike, went_well
from pipeline.core.history import History
from pipeline.core.verdict import Verdict

_WORK = ev.StepStarted | ev.StepSucceeded | ev.StepFailed | ev.GateStarted | ev.GateJudged


@dataclass(frozen=True, slots=True)
class LegTime:
    """How long one leg of an attempt took.

    `seconds` are those from its begin to the last result of a step or gate, without the time in which nobody
    drove it. `passed` is whether it came to its end, and `resumed` whether it was driven by more than one.
    """

    leg: str
    steps: int
    seconds: float
    passed: bool = False
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class LegForecast:
    """How long a leg may take, in seconds: the median of these earlier attempts; None if there is none."""

    leg: str
    seconds: float | None
    attempts: tuple[str, ...] = ()


def leg_times(attempt: Attempt, records: Iterable[ev.Record]) -> tuple[LegTime, ...]:
    """The legs of an attempt that have begun, in order; `records` has its events, and may have others."""
    steps = {leg.name: len(leg.steps) for leg in attempt.plan.legs}
    found: list[LegTime] = []
    began = last = idle = 0.0
    for record in _of(attempt, records):
        match record.event:
            case ev.LegStarted(leg=name):
                found = [*_passed(found), LegTime(name, steps.get(name, 0), 0.0)]
                began, idle = record.at, 0.0
            case ev.Resumed():
                # Between two legs nothing is driven either, and no leg was resumed.
                idle += record.at - last
            case _ if isinstance(record.event, _WORK) and found:
                resumed = found[-1].resumed or idle > 0
                found[-1] = replace(found[-1], seconds=record.at - began - idle, resumed=resumed)
        last = record.at
    return tuple(_passed(found) if went_well(attempt.outcome) or _is_through(attempt) else found)


def earlier(history: History, records: Sequence[ev.Record], now: Attempt) -> Mapping[str, Sequence[LegTime]]:
    """The legs of earlier attempts of the same stage and kind, as far as `records`, the latest events, go."""
    names = {record.event.attempt for record in records if isinstance(record.event, ev.LegStarted)}
    attempts = (history.attempts[name] for name in names - {now.id})
    return {
        one.id: leg_times(one, records)
        for one in attempts
        if one.outcome is not None and (one.stage, one.kind) == (now.stage, now.kind)
    }


def forecast(plan_legs: Mapping[str, int], past: Mapping[str, Sequence[LegTime]]) -> tuple[LegForecast, ...]:
    """What to expect of each leg, by its name and number of steps; `past` are the legs of earlier attempts.

    Legs count that passed, were driven by one process, and are alike: an upgrade tells nothing of a plan in
    which a leg of the same name has hardly a step.
    """
    return tuple(_expected(name, steps, past) for name, steps in plan_legs.items())


def _expected(name: str, steps: int, past: Mapping[str, Sequence[LegTime]]) -> LegForecast:
    took = {
        attempt: leg.seconds
        for attempt, legs in past.items()
        for leg in legs
        if leg.leg == name and leg.passed and not leg.resumed and alike(steps, leg.steps)
    }
    return LegForecast(name, statistics.median(took.values()) if took else None, tuple(took))


def _of(attempt: Attempt, records: Iterable[ev.Record]) -> Iterator[ev.Record]:
    for record in records:
        if isinstance(record.event, ev.AttemptEvent) and record.event.attempt == attempt.id:
            yield record


def _is_through(attempt: Attempt) -> bool:
    """Whether the leg that began last has passed, with no word yet of what comes after it.

    No gate of a leg is judged before its steps are done.
    """
    names = tuple(attempt.gate_name(gate) for gate in attempt.leg.gates)
    return attempt.done.issuperset(attempt.leg.steps) and all(
        name in attempt.overrides
        or (name in attempt.evidence and attempt.evidence[name].verdict is Verdict.PASS)
        for name in names
    )


def _passed(legs: Sequence[LegTime]) -> list[LegTime]:
    """The legs once it is clear that the last one has passed."""
    return [*legs[:-1], *(replace(leg, passed=True) for leg in legs[-1:])]
