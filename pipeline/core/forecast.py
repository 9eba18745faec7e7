"""The remaining time of a run, estimated from the last similar one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.core import events as ev
from pipeline.core.attempt import Attempt, Phase
from pipeline.core.kinds import Kind, Outcome

_WENT_WELL = (Outcome.VERIFIED, Outcome.ROLLED_BACK, Outcome.OBSERVED)
_ALIKE = 2.0  # plans whose numbers of steps differ by more than this factor are not comparable


@dataclass(frozen=True, slots=True)
class Past:
    """How long a successful attempt took, in seconds: its `steps` steps together, and each gate."""

    steps: int
    performing_s: float
    gates: Mapping[str, float]


@dataclass(slots=True)
class _Timing:
    """The times of an attempt while its events are read."""

    planned: float = 0.0
    performed: float = 0.0
    steps: int = 0
    gate_began: float = 0.0
    gates: dict[str, float] | None = None

    def past(self) -> Past:
        return Past(self.steps, max(0.0, self.performed - self.planned), dict(self.gates or {}))


def last_like(records: Iterable[ev.Record], stage: str, kind: Kind) -> Past | None:
    """The last successful attempt of this kind in this stage; None when there is none."""
    read: dict[str, _Timing] = {}
    found = None
    for record in records:
        event, at = record.event, record.at
        if isinstance(event, ev.AttemptStarted) and (event.stage, event.kind) == (stage, kind):
            read[event.attempt] = _Timing()
        timing = read.get(getattr(event, "attempt", ""))
        if timing is None:
            continue
        if isinstance(event, ev.AttemptEnded) and event.outcome in _WENT_WELL:
            found = timing.past()
        _note(timing, event, at)
    return found


def _note(timing: _Timing, event: ev.Event, at: float) -> None:
    match event:
        case ev.PlanMade(plan=plan):
            timing.planned = timing.performed = at
            timing.steps = len(plan.steps)
        case ev.StepSucceeded():
            timing.performed = at
        case ev.GateStarted():
            timing.gate_began = at
        case ev.GateJudged(gate=gate):
            timing.gates = {**(timing.gates or {}), gate: at - timing.gate_began}


def to_go(past: Past | None, now: Attempt, in_phase_s: float) -> float | None:
    """Seconds until the attempt ends, if everything takes as long as in `past`; None when `past` can't tell.

    `in_phase_s` is how long the steps, or the running gate, have been running. If that is longer than in
    `past`, they count as about to end.
    """
    if past is None or now.phase not in (Phase.PERFORMING, Phase.GATING):
        return None
    left = 0.0
    if now.phase is Phase.PERFORMING:
        if not past.steps or not 1 / _ALIKE <= len(now.plan.steps) / past.steps <= _ALIKE:
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
