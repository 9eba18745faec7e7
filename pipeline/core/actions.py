"""The next actions as data: a pure function of the history, which the engine only carries out."""

from dataclasses import dataclass

from pipeline.core.advancing import closing_outcome
from pipeline.core.attempt import PLAN, Attempt
from pipeline.core.history import History
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.legs import Leg, gate_name
from pipeline.core.plan import Step
from pipeline.core.transitions import Phase


@dataclass(frozen=True, slots=True)
class MakePlan:
    """Ask the release for its plan, at `not_before` (seconds since 1970) or later."""

    not_before: float = 0.0


@dataclass(frozen=True, slots=True)
class Perform:
    """Perform this step, at `not_before` (seconds since 1970) or later."""

    step: Step
    not_before: float = 0.0


@dataclass(frozen=True, slots=True)
class BeginLeg:
    """Begin this leg, if policy lets it."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class RunGate:
    """Run this gate now; `leg` is the one that it ends, empty in a plan that has not several."""

    gate: str
    number: int
    leg: str = ""

    @property
    def full_name(self) -> str:
        """The gate as it is told and kept."""
        return gate_name(self.leg, self.gate)


@dataclass(frozen=True, slots=True)
class CollectDiagnostics:
    """Save the state of the stage."""

    number: int


@dataclass(frozen=True, slots=True)
class End:
    """End the attempt and, in the same transaction, start the rollback to this release, if there is one."""

    outcome: Outcome
    rollback_to: str | None


Action = MakePlan | BeginLeg | Perform | RunGate | CollectDiagnostics | End

_CAUSES_ROLLBACK = (Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.ROLLOUT_FAILED, Outcome.ABORTED)


def next_actions(history: History, attempt: Attempt) -> tuple[Action, ...]:  # noqa: PLR0911 - one return per phase
    """Every action that may start now, none after the end; only steps can be several and run in parallel."""
    match attempt.phase:
        case Phase.PLANNING:
            return (MakePlan(attempt.not_before.get(PLAN, 0.0)),)
        case Phase.BETWEEN:
            return () if attempt.next_leg is None else (BeginLeg(attempt.next_leg),)
        case Phase.PERFORMING:
            ready = attempt.plan.most_urgent_first(attempt.ready_steps())
            return tuple(Perform(step, attempt.not_before.get(step.id, 0.0)) for step in ready)
        case Phase.GATING:
            gate = attempt.next_gate() or ""
            starts = attempt.gate_starts.get(attempt.gate_name(gate), 0)
            return (RunGate(gate, starts + 1, attempt.plan.told(attempt.leg)),)
        case Phase.FAILING:
            return (CollectDiagnostics(attempt.diagnostics + 1),)
        case Phase.CLOSING:
            outcome = closing_outcome(attempt)
            return (End(outcome, rollback_target(history, attempt, outcome)),)
        case Phase.ENDED:
            return ()


def rollback_target(history: History, attempt: Attempt, outcome: Outcome) -> str | None:
    """The release to roll the stage back to when `attempt` ends with `outcome`; None for no rollback.

    Only what touched the stage, without `keep`, causes a rollback; and nothing does once a step has begun
    that a plan with legs says can't be undone. After a promotion, it goes to the release
    that is verified here, and not rejected; one that a gate has turned down is not, even if it was before.
    After a redeployment, it goes to the same release: it brings back what was taken apart, and no other one.
    """
    if not _causes_rollback(attempt, outcome) or attempt.irreversible:
        return None
    goals = history.goals(attempt.stage)
    if attempt.kind is Kind.REDEPLOY:
        return attempt.release if attempt.release in goals else None
    return goals[-1] if goals else None


def why_not_rolled_back(attempt: Attempt) -> str | None:
    """Why an attempt that has ended so that it would cause a rollback can't; None for any other."""
    ended_so = attempt.outcome is not None and _causes_rollback(attempt, attempt.outcome)
    return attempt.irreversible if ended_so else None


def _causes_rollback(attempt: Attempt, outcome: Outcome) -> bool:
    forward = attempt.kind in (Kind.PROMOTE, Kind.REDEPLOY)
    return forward and attempt.touched and not attempt.keep and outcome in _CAUSES_ROLLBACK
