"""Overrides as text: those that carried what is in the stages, and those that stand."""

from pipeline.cli.render import moment, table
from pipeline.core.history import History
from pipeline.core.overrides import Overrides


def carried_into(history: History, stage: str) -> Overrides:
    """The overrides without which what is verified last in a stage, or stands there, would not be so."""
    view = history.stage(stage)
    releases = dict.fromkeys((view.pointer, view.standing))
    proofs = (history.proof(item, stage) for item in releases if item is not None and item in view.verified)
    return tuple(override for proof in proofs if proof for override in proof.overrides.values())


def override_lines(history: History, carried: Overrides, standing: Overrides) -> list[str]:
    """A table of the overrides that carried what is in the stages, and of those that stand."""
    shown = tuple(dict.fromkeys((*carried, *standing)))
    if not shown:
        return []
    rows = [
        (
            item.stage,
            history.releases[item.release].alias,
            item.gate,
            str(item.by),
            moment(item.at) or "",
            (moment(item.until) or "-") if item in standing else "over",
            item.reason,
        )
        for item in shown
    ]
    return ["", *table(("OVERRIDDEN IN", "RELEASE", "GATE", "BY", "SINCE", "UNTIL", "REASON"), rows), ""]
