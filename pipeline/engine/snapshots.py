"""Is the snapshot what the events give?"""

from dataclasses import dataclass

from pipeline.core.history import History, replay
from pipeline.core.snapshot import differences, let_go
from pipeline.folding import fitting
from pipeline.workshop import Office

_AT_ONCE = 5000  # events


@dataclass(frozen=True, slots=True)
class Compared:
    """A snapshot after the event `seq`, and what of it is not what the events give, in words."""

    seq: int
    differences: tuple[str, ...]


def compare(office: Office) -> Compared | None:
    """Compare the snapshot with a replay of its events; None if there is none of this ledger.

    Changes nothing. Raises LedgerDamaged, IllegalTransition.
    """
    snapshot = fitting(office.ledger, office.snapshots)
    if snapshot is None:
        return None
    last, replayed = snapshot.head.seq, History()
    while replayed.head < last:
        most = min(_AT_ONCE, last - replayed.head)
        replayed = replay(office.ledger.read(after=replayed.head, most=most), replayed)
        replayed = let_go(replayed, snapshot.history)
    return Compared(last, differences(snapshot.history, replayed))
