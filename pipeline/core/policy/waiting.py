"""Which release waits for a stage, because it could not enter yet when its turn came. Pure."""

from pipeline.core.attempt import Attempt
from pipeline.core.errors import NotEligible
from pipeline.core.history import History
from pipeline.core.kinds import Kind
from pipeline.core.line import LineStage
from pipeline.core.policy.next_release import up_next
from pipeline.core.release import Release


def waiting(history: History, rules: LineStage) -> Release | None:
    """The release that stands verified before this stage, and that nobody has tried to bring here yet.

    None if there is no such release, if it stands here already, and if the latest promotion here was of it:
    what failed is not repeated by itself. Nothing waits for the first stage, which takes what is asked.
    """
    if rules.first:
        return None
    try:
        release = up_next(history, rules)
    except NotEligible:
        return None
    latest = _latest_promotion(history, rules.name)
    tried = latest.release if latest else None
    return None if release.id in {history.stage(rules.name).standing, tried} else release


def _latest_promotion(history: History, stage: str) -> Attempt | None:
    """The promotion into this stage that began last, however it ended."""
    found = (history.attempts[name] for name in reversed(tuple(history.attempts)))
    return next((one for one in found if one.stage == stage and one.kind is Kind.PROMOTE), None)
