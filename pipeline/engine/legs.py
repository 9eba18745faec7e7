"""Where a leg asks policy: what ends the run there, so that it can be resumed."""

from pipeline.core.attempt import Attempt
from pipeline.core.errors import Deferred, NotEligible, StagegateError, StageHeld
from pipeline.core.history import History
from pipeline.core.legs import Leg
from pipeline.core.policy.decision import Allow, Defer, Deny, Obstacle
from pipeline.core.policy.next_leg import may_begin_leg


def refusal(
    history: History, attempt: Attempt, leg: Leg, at: float, silent: str = ""
) -> StagegateError | None:
    """Why this leg may not begin at this moment (seconds since 1970), as an error; None if it may.

    `silent` is why the forge did not say when it is frozen, if it did not. The error is StageHeld or Deferred
    if the attempt may go on later, NotEligible for any other no.
    """
    decision = may_begin_leg(history, attempt, leg, at, silent)
    if isinstance(decision, Allow):
        return None
    alias = history.releases[attempt.release].alias
    what = f"{attempt.id} stands before leg {leg.name} of {alias} in {attempt.stage}, which may not begin"
    why, resume = "; ".join(decision.reasons), f"promote resume --stage {attempt.stage}"
    match decision:
        case Defer(until=until):
            return Deferred(f"{what} yet", why=why, next=resume, until=until)
        case Deny(obstacle=Obstacle.HELD, next=lift):
            return StageHeld(what, why=f"{why} (lifted by: {lift})", next=resume)
        case Deny(next=other):
            return NotEligible(what, why=why, next=other)
