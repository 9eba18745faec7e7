"""No promotion enters a stage in a freeze: by the calendar of the line, or that of the forge."""

from pipeline.core.forge_rule import Silence
from pipeline.core.freeze import frozen
from pipeline.core.policy.decision import Defer, Deny, Finding, Obstacle
from pipeline.core.policy.question import Question

# When it is worth to ask a forge again that has not answered.
ASKED_AGAIN_S = 300.0


def in_freeze(question: Question) -> Finding | None:
    """Names each freeze that applies, and when the last of them ends.

    A freeze that this machine cannot read, such as one of a time zone that its database lacks, may apply.
    """
    freezes = question.freezes
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


def unsaid(question: Question) -> Defer | None:
    """Waits for the forge to say when it is frozen, where the line lets nothing enter before."""
    taken = question.rules.forge
    if not question.silent or not taken.freezes or taken.silence is not Silence.WAIT:
        return None
    reason = f"it is not known whether the forge freezes stage {question.stage}: {question.silent}"
    return Defer((reason,), question.at + ASKED_AGAIN_S)
