"""The legs of a plan, and up to where it can be rolled back, as text."""

from collections.abc import Iterator, Sequence

from pipeline.cli.render import counted
from pipeline.cli.steps_table import steps_table
from pipeline.core.kinds import Kind
from pipeline.core.plan import Plan, Step
from pipeline.engine.gate_preview import GatePreview


def legs_lines(plan: Plan, gates: Sequence[GatePreview]) -> Iterator[str]:
    """A section for each leg of a valid plan: its steps, then its gates."""
    by_id = {step.id: step for step in plan.steps}
    before: tuple[Step, ...] = ()
    for number, leg in enumerate(plan.legs, 1):
        steps = tuple(by_id[name] for name in leg.steps)
        asks = "; policy is asked again before it" if leg.asks_policy else ""
        said = counted(len(steps), "step") if steps else "nothing to change"
        yield f"leg {number} of {len(plan.legs)}, {leg.name}: {said}{asks}"
        yield from steps_table(steps, before) if steps else ()
        yield from (gate.line() for gate in gates if gate.leg == leg.name)
        before += steps


def reversible(plan: Plan, kind: Kind) -> str:
    """Up to where a valid plan with legs, of an attempt of this kind, can be rolled back.

    Where a rollback or a retirement stops, the stage is left as it is.
    """
    step = next(iter(plan.irreversible_steps()), None)
    if kind in {Kind.ROLLBACK, Kind.RETIRE}:
        ends = "" if step is None else f"; step {step.id} ends a way back: {step.undo.why or 'not said why'}"
        return f"where it stops, the stage is left as it is, and it can be asked for again{ends}"
    if step is None:
        return "a rollback is possible to the end"
    (leg,) = (leg.name for leg in plan.legs if step.id in leg.steps)
    return (
        f"a rollback is possible until step {step.id} of leg {leg} begins: {step.undo.why or 'not said why'}"
    )
