"""No promotion enters a stage in a freeze of the line's calendar."""

from pipeline.core.freeze import frozen
from pipeline.core.policy.decision import Defer
from pipeline.core.policy.question import Question


def in_freeze(question: Question) -> Defer | None:
    """Names each freeze that applies, and when the last of them ends."""
    found = frozen(question.rules.freezes, question.at)
    if not found:
        return None
    reasons = tuple(f"stage {question.stage} is frozen: {one.why}" for one, _ in found)
    return Defer(reasons, max(end for _, end in found))
