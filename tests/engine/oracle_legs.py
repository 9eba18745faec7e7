"""The rules of legs once more, from the events alone; a part of the oracle."""

from collections.abc import Callable, Iterator, Sequence

from pipeline.core import events as ev
from pipeline.core.legs import Leg
from pipeline.core.plan import Plan

Past = Sequence[ev.Record]
# Whether the verdict of this record is a pass, or was overridden.
LetThrough = Callable[[Past, ev.Record], bool]


def out_of_turn(
    past: Past, event: ev.LegStarted | ev.StepStarted | ev.GateStarted, let_through: LetThrough
) -> Iterator[str]:
    """Why this leg, or this step or gate of one, may not begin yet."""
    plan, begun = _plan(past, event.attempt), _begun(past, event.attempt)
    names = [leg.name for leg in plan.legs]
    match event:
        case ev.LegStarted(leg=name):
            if names[: len(begun) + 1] != [*begun, name]:
                yield f"{event.attempt} begins leg {name} out of turn"
            for leg in plan.legs[: len(begun)]:
                yield from _unfinished(past, event.attempt, leg.name, let_through)
        case ev.StepStarted(step=step) if names:
            (place,) = (leg.name for leg in plan.legs if step in leg.steps)
            if place != (begun or [""])[-1]:
                yield f"{event.attempt} begins step {step} outside of leg {place}"
        case ev.GateStarted(gate=gate) if names and not begun:
            yield f"{event.attempt} begins gate {gate} before any leg"
        case ev.GateStarted(gate=gate) if names:
            left = set(_leg(plan, begun[-1]).steps) - _done(past, event.attempt)
            if left or event.leg != (begun[-1] if len(names) > 1 else ""):
                yield f"{event.attempt} begins gate {gate} before the steps of its leg are done"


def asks_policy(past: Past, event: ev.LegStarted | ev.StepStarted | ev.GateStarted) -> bool:
    """Whether this is a leg that asks policy."""
    return isinstance(event, ev.LegStarted) and _leg(_plan(past, event.attempt), event.leg).asks_policy


def not_all_legs(past: Past, attempt: str, let_through: LetThrough) -> Iterator[str]:
    """Why an attempt with legs may not end well: a leg has not begun, or was not finished."""
    for leg in _plan(past, attempt).legs:
        if leg.name not in _begun(past, attempt):
            yield f"{attempt} ends well without leg {leg.name}"
        yield from _unfinished(past, attempt, leg.name, let_through)


def rolls_back_wrongly(past: Past, start: ev.AttemptStarted) -> Iterator[str]:
    """Why what this rolls back can't be: a step of a plan with legs has begun that can't be undone."""
    plan = _plan(past, start.rolls_back or "")
    for step in plan.steps if plan.legs else ():
        began = any(
            isinstance(one.event, ev.StepStarted)
            and (one.event.attempt, one.event.step) == (start.rolls_back, step.id)
            for one in past
        )
        if began and not step.undo.possible:
            yield f"{start.attempt} rolls back {start.rolls_back}, whose step {step.id} can't be undone"


def verifies(past: Past, judged: ev.GateJudged) -> bool:
    """Whether this gate is of the last leg, or of a plan without legs."""
    legs = _plan(past, judged.attempt).legs
    return judged.leg == (legs[-1].name if len(legs) > 1 else "")


def _unfinished(past: Past, attempt: str, name: str, let_through: LetThrough) -> Iterator[str]:
    """What was left out of a leg."""
    plan = _plan(past, attempt)
    leg = _leg(plan, name)
    yield from (f"{attempt} leaves out step {step}" for step in leg.steps if step not in _done(past, attempt))
    told = name if len(plan.legs) > 1 else ""
    passed = {
        one.event.gate
        for number, one in enumerate(past)
        if isinstance(one.event, ev.GateJudged)
        and (one.event.attempt, one.event.leg) == (attempt, told)
        and let_through(past[: number + 1], one)
    }
    asked = {*leg.gates, *(_start(past, attempt).gates if leg is plan.legs[-1] else ())}
    yield from (
        f"{attempt} goes on without a pass of {gate} in leg {name}" for gate in sorted(asked - passed)
    )


def _plan(past: Past, attempt: str) -> Plan:
    made = [one.event for one in past if isinstance(one.event, ev.PlanMade) and one.event.attempt == attempt]
    return made[-1].plan if made else Plan()


def _leg(plan: Plan, name: str) -> Leg:
    (leg,) = (leg for leg in plan.legs if leg.name == name)
    return leg


def _begun(past: Past, attempt: str) -> list[str]:
    return [
        one.event.leg for one in past if isinstance(one.event, ev.LegStarted) and one.event.attempt == attempt
    ]


def _done(past: Past, attempt: str) -> set[str]:
    return {
        one.event.step
        for one in past
        if isinstance(one.event, ev.StepSucceeded) and one.event.attempt == attempt
    }


def _start(past: Past, attempt: str) -> ev.AttemptStarted:
    (found,) = (
        one.event for one in past if isinstance(one.event, ev.AttemptStarted) and one.event.attempt == attempt
    )
    return found
