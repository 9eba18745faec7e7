"""What comes next, as data: a pure function of the history. The engine only does what it says."""

from dataclasses import dataclass

from pipeline.core.attempt import PLAN, Attempt, Phase, closing_outcome
from pipeline.core.history import History
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.plan import Step


@dataclass(frozen=True, slots=True)
class MakePlan:
    """Ask the release what it would do, once it is `not_before` (seconds since 1970)."""

    not_before: float = 0.0


@dataclass(frozen=True, slots=True)
class Perform:
    """Take this step, once it is `not_before` (seconds since 1970)."""

    step: Step
    not_before: float = 0.0


@dataclass(frozen=True, slots=True)
class RunGate:
    """Run this gate now."""

    gate: str
    number: int


@dataclass(frozen=True, slots=True)
class CollectDiagnostics:
    """Keep what the stage looks like."""

    number: int


@dataclass(frozen=True, slots=True)
class StartRollback:
    """End the attempt and, in the same act, begin the rollback to this release."""

    outcome: Outcome
    release: str


@dataclass(frozen=True, slots=True)
class End:
    """End the attempt."""

    outcome: Outcome


Action = MakePlan | Perform | RunGate | CollectDiagnostics | StartRollback | End

_CAUSES_ROLLBACK = (Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.ROLLOUT_FAILED, Outcome.ABORTED)


def next_actions(history: History, attempt: Attempt) -> tuple[Action, ...]:
    """Everything that may be done now; more than one only for steps, which may go side by side.

    Empty when ended.
    """
    match attempt.phase:
        case Phase.PLANNING:
            return (MakePlan(attempt.not_before.get(PLAN, 0.0)),)
        case Phase.PERFORMING:
            ready = attempt.plan.most_urgent_first(attempt.ready_steps())
            return tuple(Perform(step, attempt.not_before.get(step.id, 0.0)) for step in ready)
        case Phase.GATING:
            gate = attempt.next_gate() or ""
            return (RunGate(gate, attempt.gate_starts.get(gate, 0) + 1),)
        case Phase.FAILING:
            return (CollectDiagnostics(attempt.diagnostics + 1),)
        case Phase.CLOSING:
            return (_close(history, attempt),)
        case Phase.ENDED:
            return ()


def _close(history: History, attempt: Attempt) -> StartRollback | End:
    outcome = closing_outcome(attempt)
    target = rollback_target(history, attempt, outcome)
    return End(outcome) if target is None else StartRollback(outcome, target)


def rollback_target(history: History, attempt: Attempt, outcome: Outcome) -> str | None:
    """The release the stage goes back to when `attempt` ends so; None when it stays as it is.

    Only a promotion that touched the stage causes a rollback, and not one that is to be kept. A release that
    a gate has just turned down is no place to go back to, even if it was verified here before.
    """
    if attempt.kind is not Kind.PROMOTE or attempt.keep or not attempt.touched:
        return None
    if outcome not in _CAUSES_ROLLBACK:
        return None
    verified = history.stage(attempt.stage).verified
    if outcome in (Outcome.FAILED, Outcome.INCONCLUSIVE):
        verified = tuple(release for release in verified if release != attempt.release)
    return verified[-1] if verified else None
