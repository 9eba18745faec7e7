"""The remaining time of a run, estimated from the last similar one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.core import events as ev
from pipeline.core.attempt import Attempt
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.transitions import Phase

_WENT_WELL = (Outcome.VERIFIED, Outcome.ROLLED_BACK, Outcome.REDEPLOYED, Outcome.RETIRED, Outcome.OBSERVED)
_ALIKE = 2.0  # plans whose numbers of steps differ by more than this factor are not comparable


@dataclass(frozen=True, slots=True)
class Past:
    """How long a successful attempt took, in seconds: its `steps` steps together, and each gate."""

    steps: int
    performing_s: float
    gates: Mapping[str, float]


def went_well(outcome: Outcome | None) -> bool:
    """Whether an attempt that ended so did all that it was for."""
    return outcome in _WENT_WELL


def alike(steps: int, others: int) -> bool:
    """Whether the time that so many steps took tells how long so many others take."""
    return steps == others or (others > 0 and 1 / _ALIKE <= steps / others <= _ALIKE)


def last_like(records: Sequence[ev.Record], stage: str, kind: Kind) -> Past | None:
    """The last successful attempt of this kind in this stage; None when there is none."""
    similar: set[str] = set()
    found: str | None = None
    for record in records:
        match record.event:
            case ev.AttemptStarted(attempt=attempt) as event if (event.stage, event.kind) == (stage, kind):
                similar.add(attempt)
            case ev.AttemptEnded(attempt=attempt, outcome=outcome) if (
                went_well(outcome) and attempt in similar
            ):
                found = attempt
    return None if found is None else _past(records, found)


def _past(records: Iterable[ev.Record], attempt: str) -> Past:
    steps, planned, performed, gate_began = 0, 0.0, 0.0, 0.0
    gates: dict[str, float] = {}
    for record in records:
        match record.event:
            case ev.PlanMade(attempt=owner, plan=plan) if owner == attempt:
                steps, planned, performed = len(plan.steps), record.at, record.at
            case ev.StepSucceeded(attempt=owner) if owner == attempt:
                performed = record.at
            case ev.GateStarted(attempt=owner) if owner == attempt:
                gate_began = record.at
            case ev.GateJudged(attempt=owner) as judged if owner == attempt:
                gates[judged.full_name] = record.at - gate_began
    return Past(steps, max(0.0, performed - planned), gates)


def to_go(past: Past | None, now: Attempt, in_phase_s: float) -> float | None:
    """Seconds until the attempt ends, if everything takes as long as in `past`; None when `past` can't tell.

    Of a plan of several legs it can't. `in_phase_s` is how long the steps, or the running gate, have been
    running. If that is longer than in `past`, they count as about to end.
    """
    if past is None or now.phase not in (Phase.PERFORMING, Phase.GATING) or now.plan.has_sections:
        return None
    left = 0.0
    if now.phase is Phase.PERFORMING:
        if not past.steps or not alike(len(now.plan.steps), past.steps):
            return None
        left += max(0.0, past.performing_s - in_phase_s)
    for gate in now.gates:
        if gate in now.evidence:
            continue
        if gate not in past.gates:
            return None
        running = now.phase is Phase.GATING and gate == now.next_gate()
        left += max(0.0, past.gates[gate] - (in_phase_s if running else 0.0))
    return left
