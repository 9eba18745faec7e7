"""A rejected release enters no stage."""

from pipeline.core.history import History
from pipeline.core.policy.decision import Deny, Obstacle
from pipeline.core.policy.question import Question
from pipeline.core.release import Release


def why_rejected(history: History, release: Release) -> str | None:
    """By whom and why; None if it is not rejected."""
    found = history.rejections.get(release.id)
    return f"{release.alias} was rejected by {found.by}: {found.reason}" if found else None


def rejected(question: Question) -> Deny | None:
    """Names who rejected the release, and why."""
    reason = why_rejected(question.history, question.release)
    if reason is None:
        return None
    command = f"promote reject {question.release.alias} --withdraw --reason TEXT"
    return Deny(Obstacle.REJECTED, (reason,), command)
