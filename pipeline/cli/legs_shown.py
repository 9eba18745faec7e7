"""The legs of a plan as a picture: a block for each, with what is known of it and where the way back ends."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pipeline.cli.earlier_legs import Expected, Gap
from pipeline.cli.render import counted, span
from pipeline.cli.steps_table import steps_table
from pipeline.core.kinds import Kind
from pipeline.core.legs import Leg
from pipeline.core.plan import Plan, Step
from pipeline.engine.gate_preview import GatePreview

NOTHING_KNOWN = Expected()
STAYS = (Kind.ROLLBACK, Kind.RETIRE)  # where these stop, the stage is left as it is
_TOP, _SIDE, _END = "╭─", "│ ", "╰─"


def legs_lines(
    plan: Plan,
    kind: Kind,
    gates: Sequence[GatePreview],
    expected: Expected = NOTHING_KNOWN,
    *,
    steps: bool = False,
) -> Iterator[str]:
    """A block for each leg of a valid plan of an attempt of this kind.

    Each has its steps by kind, or one by one, its gates, and what becomes of the stage if it stops there.
    """
    by_id = {step.id: step for step in plan.steps}
    last = next(iter(plan.irreversible_steps()), None)
    before: tuple[Step, ...] = ()
    for number, leg in enumerate(plan.legs, 1):
        own = tuple(by_id[name] for name in leg.steps)
        if leg.asks_in(kind):
            yield "   policy is asked again"
        yield f"{_TOP} leg {number} of {len(plan.legs)}, {leg.name}: {_counted_by_kind(own)}"
        if steps and own:
            yield from (f"{_SIDE} {line}".rstrip() for line in steps_table(own, before, len(_SIDE) + 1))
        yield from (f"{_SIDE} {gate.line()}" for gate in gates if gate.leg == leg.name)
        yield from (f"{_SIDE} {line}" for line in _known(leg, expected))
        yield f"{_END} {_end(kind, leg, last, before, expected)}"
        before += own


def reversible(plan: Plan, kind: Kind) -> str:
    """Up to where a valid plan with legs, of an attempt of this kind, can be rolled back.

    Where a rollback or a retirement stops, the stage is left as it is.
    """
    step = next(iter(plan.irreversible_steps()), None)
    if kind in STAYS:
        ends = "" if step is None else f"; step {step.id} ends a way back: {step.undo.why or 'not said why'}"
        return f"where it stops, the stage is left as it is, and it can be asked for again{ends}"
    if step is None:
        return "a rollback is possible to the end"
    (leg,) = (leg.name for leg in plan.legs if step.id in leg.steps)
    return (
        f"a rollback is possible until step {step.id} of leg {leg} begins: {step.undo.why or 'not said why'}"
    )


def expected_data(plan: Plan, expected: Expected) -> list[dict[str, object]]:
    """What is expected of each leg, as JSON data."""
    return [
        {
            "leg": leg.name,
            "seconds": expected.leg(leg.name).seconds,
            "attempts": list(expected.leg(leg.name).attempts),
            "longest_gap": _gap_data(expected.gap(leg.name)),
        }
        for leg in plan.legs
    ]


def _gap_data(gap: Gap | None) -> Mapping[str, object] | None:
    return None if gap is None else {"seconds": gap.seconds, "fault": gap.fault, "attempt": gap.attempt}


def _counted_by_kind(steps: Sequence[Step]) -> str:
    if not steps:
        return "nothing to change"
    kinds = Counter(step.kind for step in steps)
    return f"{counted(len(steps), 'step')} ({', '.join(f'{count} {kind}' for kind, count in kinds.items())})"


def _known(leg: Leg, expected: Expected) -> Iterator[str]:
    """How long it took before, and what clients noticed; no line of what was never measured."""
    told = expected.leg(leg.name)
    if told.seconds is not None:
        yield f"took {span(told.seconds)} ({_of(told.attempts)})"
    gap = expected.gap(leg.name)
    if gap is not None:
        yield f"longest gap that its gates measured: {span(gap.seconds)} ({gap.fault} in {gap.attempt})"


def _end(kind: Kind, leg: Leg, last: Step | None, before: Sequence[Step], expected: Expected) -> str:
    """What becomes of the stage if it stops in this leg; `last` is the first step that can't be undone."""
    what = "way back" if kind in STAYS else "rollback"
    if last is not None and last.id in leg.steps:
        return f"NO {what} once step {last.id} has begun: {last.undo.why or 'not said why'}"
    if last is not None and last in before:
        return f"no {what}, since step {last.id}"
    if kind in STAYS:
        return "where it stops, the stage is left as it is"
    took = expected.rollback_s
    return "until here, a rollback is possible" + (
        "" if took is None else f"; it took {span(took)} ({_of(expected.rollbacks)})"
    )


def _of(attempts: Sequence[str]) -> str:
    return attempts[0] if len(attempts) == 1 else f"median of {', '.join(attempts)}"
