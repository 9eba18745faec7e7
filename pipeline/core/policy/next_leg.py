"""May the next leg of an attempt begin? Asked where the plan says that policy is asked again."""

from pipeline.core.attempt import Attempt
from pipeline.core.history import History
from pipeline.core.legs import Leg
from pipeline.core.policy.decision import Allow, Decision, Deny, decided
from pipeline.core.policy.entry import OF_A_LEG, findings, may_go_on
from pipeline.core.policy.question import Question


def may_begin_leg(history: History, attempt: Attempt, leg: Leg, at: float, silent: str = "") -> Decision:
    """Whether policy lets this leg begin at this moment (seconds since 1970).

    `silent` is why the forge did not say when it is frozen, if it was asked and did not.

    A hold and a freeze stop it, as they stop a start. A promotion or retirement needs besides what it
    needs to be resumed. A rollback is never stopped, as at its start.
    """
    allowed = Allow((f"leg {leg.name} of {attempt.id} may begin",))
    if not leg.asks_in(attempt.kind):
        return allowed
    further = may_go_on(history, attempt, at)
    if isinstance(further, Deny):
        return further
    question = Question(
        history, history.releases[attempt.release], attempt.stage, at, attempt.by, silent=silent
    )
    return decided(findings(question, OF_A_LEG), allowed)
