"""Is a ledger as it was written? Its rows are looked at one by one, so that it may be of any length. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from pipeline.core.chain import GENESIS, Head, digest_of
from pipeline.core.errors import LedgerNotUnderstood
from pipeline.core.rows import Row, read

# How many rows that do not fit are searched for ones that exchanged places; the search is cubic.
_SEARCHED = 30


class Damage(Enum):
    """What happened to an event."""

    CHANGED = "changed"
    MISSING = "missing"
    MOVED = "moved"
    CUT_OFF = "cut_off"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Damaged:
    """Events that are not as they were written: the first and last number, what happened, and in words."""

    seq: int
    last: int
    damage: Damage
    seen: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found in a ledger. `chained` is whether its rows have digests yet."""

    head: Head
    events: int
    chained: bool
    damaged: tuple[Damaged, ...] = ()


def verify(rows: Iterable[Row], earlier: Head | None = None) -> Verified:
    """Compare each row with its digest, its number and what versions write.

    `rows` are all rows by ascending number. Whether the end was cut off, or the whole ledger rewritten, can
    only be told from an `earlier` head. A row after a missing one cannot be compared with its digest.
    """
    walk = _Walk(earlier)
    for row in rows:
        walk.take(row)
    return walk.end()


@dataclass(frozen=True, slots=True)
class _Unfit:
    """A row whose digest does not follow from the digest `before` it."""

    row: Row
    before: str


class _Walk:
    """From the first row to the last. Of the rows that are behind, only the first unfit ones are kept."""

    def __init__(self, earlier: Head | None) -> None:
        self._earlier = earlier
        self._events = 0
        self._chained = False
        self._last = Head()  # with the digest as it is stored, empty where there is none
        self._computed = GENESIS  # while no row has had a digest: the one that the last row will get
        self._at_earlier = GENESIS if earlier is not None and earlier.seq == 0 else None
        self._unreadable: list[Damaged] = []
        self._missing: list[Damaged] = []
        self._unfit: list[int] = []
        self._searched: list[_Unfit] = []

    def take(self, row: Row) -> None:
        """The next row."""
        self._events += 1
        self._chained = self._chained or row.digest is not None
        if not self._chained:
            self._computed = digest_of(self._computed, row)
        follows = row.seq == self._last.seq + 1
        if not follows:
            gap = (self._last.seq + 1, row.seq - 1)
            self._missing.append(Damaged(*gap, Damage.MISSING, f"{_named(*gap)} missing"))
        elif row.digest is None or digest_of(self._last.digest, row) != row.digest:
            self._unfit.append(row.seq)
            if len(self._searched) < _SEARCHED:
                self._searched.append(_Unfit(row, self._last.digest))
        try:
            read(row, "the ledger")
        except LedgerNotUnderstood as problem:
            self._unreadable.append(Damaged(row.seq, row.seq, Damage.UNREADABLE, problem.what))
        self._last = Head(row.seq, row.digest or "")
        if self._earlier is not None and row.seq == self._earlier.seq:
            self._at_earlier = self._digest()

    def end(self) -> Verified:
        """What was found. Of several findings about one event, the one that says most."""
        unfit = _unfitting(self._unfit, self._searched) if self._chained else ()
        findings = (*self._unreadable, *unfit, *self._missing, *self._not_continued())
        found = {damaged.seq: damaged for damaged in findings}
        in_order = tuple(found[seq] for seq in sorted(found))
        return Verified(Head(self._last.seq, self._digest()), self._events, self._chained, in_order)

    def _digest(self) -> str:
        """The digest of the last row, or the one that it will get."""
        return self._last.digest if self._chained else self._computed

    def _not_continued(self) -> Iterator[Damaged]:
        earlier, last = self._earlier, self._last.seq
        if earlier is None:
            return
        if earlier.seq > last:
            cut = (last + 1, earlier.seq)
            yield Damaged(*cut, Damage.CUT_OFF, f"{_named(*cut)} cut off: the ledger ends at event {last}")
        if self._at_earlier not in (None, earlier.digest):
            seen = (
                f"event {earlier.seq} has another digest than the head given: it, or one before it, "
                "was rewritten"
            )
            yield Damaged(earlier.seq, earlier.seq, Damage.CHANGED, seen)


def _named(first: int, last: int) -> str:
    return f"event {first} is" if first == last else f"events {first} to {last} are"


def _unfitting(numbers: Sequence[int], searched: Sequence[_Unfit]) -> Iterator[Damaged]:
    """What happened to the rows with these numbers; `searched` are they, unless they are too many."""
    was = {}
    if len(numbers) <= _SEARCHED:
        was = {unfit.row.seq: _original(unfit.row, searched) for unfit in searched}
    for seq in numbers:
        original = was.get(seq)
        if original is None:
            or_before = f", or event {seq - 1} was replaced" if seq > 1 else ""
            yield Damaged(seq, seq, Damage.CHANGED, f"event {seq} was changed{or_before}")
        elif original != seq:  # otherwise the row is whole, and only the one before it moved
            seen = f"event {seq} was moved: it was written as event {original}"
            yield Damaged(seq, seq, Damage.MOVED, seen)


def _original(row: Row, unfit: Sequence[_Unfit]) -> int | None:
    """The number that this row was written with, if it was moved to or from the place of an unfit one."""
    moved = {other.row.digest or "" for other in unfit}
    for other in unfit:
        candidate = replace(row, seq=other.row.seq)
        if any(digest_of(digest, candidate) == row.digest for digest in {other.before, *moved}):
            return other.row.seq
    return None
