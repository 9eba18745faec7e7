"""What comes next, as data: a pure function of the history. The engine only does what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.core.kinds import Kind, Outcome
from pipeline.core.promotion import PLAN, Phase, Promotion, closing_outcome

if TYPE_CHECKING:
    from pipeline.core.history import History
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
    attempt: int


@dataclass(frozen=True, slots=True)
class CollectDiagnostics:
    """Keep what the stage looks like."""

    number: int


@dataclass(frozen=True, slots=True)
class StartReturn:
    """End the promotion and, in the same act, begin the return to this release."""

    outcome: Outcome
    release: str


@dataclass(frozen=True, slots=True)
class End:
    """End the promotion."""

    outcome: Outcome


Action = MakePlan | Perform | RunGate | CollectDiagnostics | StartReturn | End

_LEAVES_A_MESS = (Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.ROLLOUT_FAILED, Outcome.ABORTED)


def next_actions(history: History, promotion: Promotion) -> tuple[Action, ...]:
    """Everything that may be done now; more than one only for steps, which may go side by side.

    Empty when ended.
    """
    match promotion.phase:
        case Phase.PLANNING:
            return (MakePlan(promotion.not_before.get(PLAN, 0.0)),)
        case Phase.PERFORMING:
            ready = promotion.plan.most_urgent_first(promotion.ready_steps())
            return tuple(Perform(step, promotion.not_before.get(step.id, 0.0)) for step in ready)
        case Phase.GATING:
            gate = promotion.next_gate() or ""
            return (RunGate(gate, promotion.gate_attempts.get(gate, 0) + 1),)
        case Phase.FAILING:
            return (CollectDiagnostics(promotion.diagnostics + 1),)
        case Phase.CLOSING:
            return (_close(history, promotion),)
        case Phase.ENDED:
            return ()


def _close(history: History, promotion: Promotion) -> StartReturn | End:
    outcome = closing_outcome(promotion)
    target = return_target(history, promotion, outcome)
    return End(outcome) if target is None else StartReturn(outcome, target)


def return_target(history: History, promotion: Promotion, outcome: Outcome) -> str | None:
    """The release the stage goes back to when `promotion` ends so; None when it stays as it is.

    Only a promotion that touched the stage causes a return, never a return or an ad hoc gate, and never with
    keep. A release that a gate has just turned down is no place to go back to, even if it was verified here
    before.
    """
    if promotion.kind is not Kind.PROMOTE or promotion.keep or not promotion.touched:
        return None
    if outcome not in _LEAVES_A_MESS:
        return None
    verified = history.stage(promotion.stage).verified
    if outcome in (Outcome.FAILED, Outcome.INCONCLUSIVE):
        verified = tuple(release for release in verified if release != promotion.release)
    return verified[-1] if verified else None
