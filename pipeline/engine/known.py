"""Refusing the name of a stage that the site does not know, which is most likely a typo."""

from pipeline.core.errors import UsageProblem
from pipeline.core.history import History


def require_known(history: History, stage: str) -> None:
    """Raise UsageProblem for a stage that the site does not know. A new site knows none, and takes any."""
    known = history.stage_names()
    if known and stage not in known:
        raise UsageProblem(f"no stage {stage!r}", why=f"known: {', '.join(known)}", next="promote status")
