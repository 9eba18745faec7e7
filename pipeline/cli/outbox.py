"""What a forge has not heard yet, as data and as text."""

from collections.abc import Sequence

from pipeline.cli.render import counted
from pipeline.core.due import Due, due
from pipeline.core.history import History


def outbox_data(history: History) -> dict[str, object] | None:
    """Whom this site tells, and what waits; None if it tells nobody."""
    outbox = history.outbox
    if outbox is None:
        return None
    return {
        "url": outbox.url,
        "project": outbox.project,
        "mark": outbox.mark,
        "waiting": [due_data(one) for one in due(history)],
    }


def due_data(one: Due) -> dict[str, object]:
    """One thing that waits, or was told."""
    return {"what": one.kind, "attempt": one.attempt, "about": one.subject}


def outbox_lines(history: History) -> Sequence[str]:
    """A line, if anything waits."""
    waiting, outbox = due(history), history.outbox
    if outbox is None or not waiting:
        return ()
    whom, count = f"{outbox.project} at {outbox.url}", counted(len(waiting), "message")
    return (f"not told yet to {whom}: {count} since {waiting[0].attempt}; promote deliver",)
