"""Of several promotions that wait for one stage, the newest goes."""

from collections.abc import Collection

from pipeline.core.events import Holder
from pipeline.core.history import History
from pipeline.core.queue import newest


def superseded_by(history: History, ticket: int, at: float, gone: Collection[Holder]) -> str | None:
    """Which promotion goes instead of the waiting one with this ticket, in words; None if it may go itself.

    `gone` are holders whose processes have provably ended.
    """
    mine = next((one for one in history.queue if one.ticket == ticket), None)
    if mine is None:
        return None
    if mine.overtaken_by:
        other = history.attempts[mine.overtaken_by]
        return f"{history.releases[other.release].alias}, whose promotion {other.id} has started meanwhile"
    last = newest(history.queue, mine.queued.stage, at, gone)
    if last is None or last.ticket <= ticket:
        return None
    return f"{history.releases[last.queued.release].alias}, which waits for {mine.queued.stage}, too"
