"""A release has every stage and gate of the site's line."""

from pipeline.core.line import taken_away
from pipeline.core.policy.decision import Deny, Obstacle
from pipeline.core.policy.question import Question


def takes_away(question: Question) -> Deny | None:
    """Names what the release's config lacks."""
    found = taken_away(question.line, question.release.stages)
    if not found:
        return None
    alias = question.release.alias
    reason = f"the config of {alias} takes away from this site's line: {', '.join(found)}"
    return Deny(Obstacle.TAKES_AWAY, (reason,), "promote line show")
