"""Refusing the name of a stage that the site does not know, which is most likely a typo."""

from pipeline.core.errors import UsageProblem
from pipeline.core.history import History
from pipeline.core.line import Line, LineStage


def require_known(history: History, stage: str) -> None:
    """Raise UsageProblem for a stage that the site does not know. A new site knows none, and takes any."""
    known = history.stage_names()
    if known and stage not in known:
        raise UsageProblem(f"no stage {stage!r}", why=f"known: {', '.join(known)}", next="promote status")


def rules_on(line: Line, stage: str) -> LineStage:
    """The rules of a stage on the line. Raises UsageProblem for one that is not on it."""
    rules = line.stage(stage)
    if rules is None:
        raise UsageProblem(f"no stage {stage!r}", why=f"this site's line is {line}", next="promote line show")
    return rules
