"""No promotion enters a stage that is held."""

from pipeline.core.policy.decision import Deny, Obstacle
from pipeline.core.policy.question import Question


def held(question: Question) -> Deny | None:
    """Names each hold that applies."""
    holds = question.history.holds_on(question.stage, question.at)
    if not holds:
        return None
    reasons = tuple(
        f"{f'stage {hold.stage} is' if hold.stage else 'all stages are'} held by {hold.by}: {hold.reason}"
        for hold in holds
    )
    return Deny(Obstacle.HELD, reasons, f"promote unhold {holds[0].id}")
