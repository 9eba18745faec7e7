"""The ledger's rows, chained by digest: a row that was changed, removed or moved no longer fits. Pure.

The digest of a row is the SHA-256, as 64 lower-case hexadecimal digits, of these four parts, joined by
newlines and encoded as UTF-8:

    the digest of the row before     64 zeros for the first row
    seq                              decimal
    at                               the shortest decimal that reads back as the same double: Python's repr
    event                            the text exactly as it is stored

Only the last part can contain a newline, so different rows never have the same bytes. A person who can write
the file can also compute digests: what proves that nothing was rewritten is a head that was noted elsewhere.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from pipeline.core import events as ev
from pipeline.core.errors import LedgerNotUnderstood
from pipeline.core.rows import Row, read, write

GENESIS = "0" * 64
# How many rows that do not fit are searched for ones that exchanged places; the search is cubic.
_SEARCHED = 30
_DIGITS = 19  # of the greatest number that SQLite can give a row


@dataclass(frozen=True, slots=True)
class Head:
    """The last row: its number, 0 in an empty ledger, and its digest. Written `SEQ:DIGEST`."""

    seq: int = 0
    digest: str = GENESIS

    def __str__(self) -> str:
        return f"{self.seq}:{self.digest}"


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


def parse_head(text: str) -> Head:
    """The head that is written so. Raises ValueError."""
    seq, _, digest = text.partition(":")
    is_digest = len(digest) == len(GENESIS) and set(digest) <= set("0123456789abcdef")
    is_number = seq.isascii() and seq.isdigit() and len(seq) <= _DIGITS
    if not (is_number and is_digest) or (int(seq) == 0 and digest != GENESIS):
        raise ValueError(f"{text!r} is not a head; copy one as `promote status` prints it: SEQ:DIGEST")
    return Head(int(seq), digest)


def digest_of(before: str, row: Row) -> str:
    """The digest that this row has after a row with the digest `before`."""
    parts = (before, str(row.seq), repr(float(row.at)), row.event)
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def append(head: Head, at: float, events: Iterable[ev.Event]) -> tuple[Row, ...]:
    """The rows of these events, which are written at `at` after `head`."""
    return chain((Row(n, at, write(event), None) for n, event in enumerate(events, head.seq + 1)), head)


def chain(rows: Iterable[Row], head: Head | None = None) -> tuple[Row, ...]:
    """These rows with the digests they have after `head`, by default from the beginning of a ledger."""
    found: list[Row] = []
    before = (head or Head()).digest
    for row in rows:
        before = digest_of(before, row)
        found.append(replace(row, digest=before))
    return tuple(found)


def head_of(rows: Sequence[Row]) -> Head:
    """The head of a ledger with these rows; computed, if they have no digests yet."""
    if not rows:
        return Head()
    last = rows[-1] if rows[-1].digest is not None else chain(rows)[-1]
    return Head(last.seq, last.digest or "")


def verify(rows: Sequence[Row], earlier: Head | None = None) -> Verified:
    """Compare each row with its digest, its number and what versions write.

    `rows` are all rows by ascending number. Whether the end was cut off, or the whole ledger rewritten, can
    only be told from an `earlier` head. A row after a missing one cannot be compared with its digest.
    """
    chained = any(row.digest is not None for row in rows)
    linked = rows if chained else chain(rows)
    found = {
        damaged.seq: damaged
        for damaged in (
            *_unreadable(rows),
            *(_unfitting(rows) if chained else ()),
            *_missing(rows),
            *([] if earlier is None else _not_continued(linked, earlier)),
        )
    }
    in_order = tuple(found[seq] for seq in sorted(found))
    return Verified(head_of(linked), len(rows), chained, in_order)


def _unreadable(rows: Sequence[Row]) -> Iterable[Damaged]:
    for row in rows:
        try:
            read(row, "the ledger")
        except LedgerNotUnderstood as problem:
            yield Damaged(row.seq, row.seq, Damage.UNREADABLE, problem.what)


def _missing(rows: Sequence[Row]) -> Iterable[Damaged]:
    last = 0
    for row in rows:
        if row.seq > last + 1:
            gap = (last + 1, row.seq - 1)
            yield Damaged(*gap, Damage.MISSING, f"{_named(*gap)} missing")
        last = row.seq


def _named(first: int, last: int) -> str:
    return f"event {first} is" if first == last else f"events {first} to {last} are"


def _unfitting(rows: Sequence[Row]) -> Iterable[Damaged]:
    digests = {0: GENESIS} | {row.seq: row.digest or "" for row in rows}
    broken = [
        row
        for row in rows
        if row.seq - 1 in digests and digest_of(digests[row.seq - 1], row) != digests[row.seq]
    ]
    for row in broken:
        was = _original(row, broken, digests) if len(broken) <= _SEARCHED else None
        if was is None:
            or_before = f", or event {row.seq - 1} was replaced" if row.seq > 1 else ""
            yield Damaged(row.seq, row.seq, Damage.CHANGED, f"event {row.seq} was changed{or_before}")
        elif was != row.seq:  # otherwise the row is whole, and only the one before it moved
            seen = f"event {row.seq} was moved: it was written as event {was}"
            yield Damaged(row.seq, row.seq, Damage.MOVED, seen)


def _original(row: Row, broken: Sequence[Row], digests: Mapping[int, str]) -> int | None:
    """The number that this row was written with, if it was moved to or from the place of a broken one."""
    moved = {other.digest or "" for other in broken}
    for other in broken:
        candidate = replace(row, seq=other.seq)
        before = {digests[other.seq - 1], *moved}
        if any(digest_of(digest, candidate) == row.digest for digest in before):
            return other.seq
    return None


def _not_continued(rows: Sequence[Row], earlier: Head) -> Iterable[Damaged]:
    last = rows[-1].seq if rows else 0
    if earlier.seq > last:
        cut = (last + 1, earlier.seq)
        yield Damaged(*cut, Damage.CUT_OFF, f"{_named(*cut)} cut off: the ledger ends at event {last}")
    digests = {0: GENESIS} | {row.seq: row.digest for row in rows}
    if earlier.seq in digests and digests[earlier.seq] != earlier.digest:
        seen = (
            f"event {earlier.seq} has another digest than the head given: it, or one before it, was rewritten"
        )
        yield Damaged(earlier.seq, earlier.seq, Damage.CHANGED, seen)
