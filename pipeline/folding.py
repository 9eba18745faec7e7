"""The state of the site now: the newest snapshot that fits the ledger, and the events after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.core.chain import Head
from pipeline.core.history import History, replay

if TYPE_CHECKING:  # every question folds, and most need no other port
    from collections.abc import Sequence

    from pipeline.core.events import Record
    from pipeline.core.snapshot import Snapshot
    from pipeline.ports import Ledger, Snapshots

# Whoever asks may fold so many events, some 50 ms of work, before the result is kept for those who ask next.
MANY = 1000
FEW = 100  # after which the engine keeps it at the end of a run
_AT_ONCE = 20_000  # events; an attempt that has ended is let go between two batches, if it could be kept
_LATEST = 2000  # events, those of some fifteen promotions


def fold(ledger: Ledger, snapshots: Snapshots, many: int = MANY) -> History:
    """The current state. Keeps a snapshot of it after folding `many` events or more.

    Raises LedgerDamaged for a damaged event that it reads, IllegalTransition for an impossible sequence.
    """
    since = fitting(ledger, snapshots)
    history = since.history if since else History()
    while records := ledger.read(after=history.head, most=_AT_ONCE):
        history = replay(records, history)
        if len(records) < many:
            continue
        digest = ledger.digest(history.head)
        if digest is not None:
            snapshots.keep(history, Head(history.head, digest), since)
            kept = fitting(ledger, snapshots)
            if kept and kept.head.seq == history.head:
                since, history = kept, kept.history
    return history


def state_at(ledger: Ledger, snapshots: Snapshots, seq: int) -> tuple[History, Sequence[Record]]:
    """The state after the event `seq`, which was just written, and the latest events until then."""
    since = fitting(ledger, snapshots)
    history = since.history if since and since.head.seq <= seq else History()
    missing = seq - history.head
    if missing:
        history = replay(ledger.read(after=history.head, most=missing), history)
    return history, ledger.read(after=max(0, seq - _LATEST), most=min(seq, _LATEST))


def fitting(ledger: Ledger, snapshots: Snapshots) -> Snapshot | None:
    """The newest snapshot, if it is one of this ledger: the chain has the same digest at its event."""
    found = snapshots.newest()
    return found if found and ledger.digest(found.head.seq) == found.head.digest else None
