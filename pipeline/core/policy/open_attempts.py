"""One attempt at a time works on a stage."""

from pipeline.core.history import History
from pipeline.core.policy.decision import Deny, Obstacle
from pipeline.core.policy.question import Question


def unfinished(history: History, stage: str) -> str | None:
    """Why nothing else may begin in a stage whose attempt is open; None if there is none."""
    attempt = history.stage(stage).open
    return f"attempt {attempt} in {stage} was interrupted and is unfinished" if attempt else None


def opened(question: Question) -> Deny | None:
    """Names the attempt that is open."""
    reason = unfinished(question.history, question.stage)
    if reason is None:
        return None
    return Deny(Obstacle.OPEN_ATTEMPT, (reason,), f"promote resume --stage {question.stage}")
