"""No promotion enters a stage in a freeze of the line's calendar."""

from pipeline.core.freeze import frozen
from pipeline.core.policy.decision import Defer, Deny, Finding, Obstacle
from pipeline.core.policy.question import Question


def in_freeze(question: Question) -> Finding | None:
    """Names each freeze that applies, and when the last of them ends.

    A freeze that this machine cannot read, such as one of a time zone that its database lacks, may apply.
    """
    freezes = question.rules.freezes
    unreadable = tuple(
        f"freeze {one.why!r} of stage {question.stage}: {problem}"
        for one in freezes
        for problem in one.problems()
    )
    if unreadable:
        return Deny(Obstacle.UNREADABLE_FREEZE, unreadable, "promote line show --yaml")
    found = frozen(freezes, question.at)
    if not found:
        return None
    reasons = tuple(f"stage {question.stage} is frozen: {one.why}" for one, _ in found)
    return Defer(reasons, max(end for _, end in found))
