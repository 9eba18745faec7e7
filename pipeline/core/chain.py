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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.core import events as ev
from pipeline.core.rows import Row, write

GENESIS = "0" * 64
_DIGITS = 19  # of the greatest number that SQLite can give a row


@dataclass(frozen=True, slots=True)
class Head:
    """The last row: its number, 0 in an empty ledger, and its digest. Written `SEQ:DIGEST`."""

    seq: int = 0
    digest: str = GENESIS

    def __str__(self) -> str:
        return f"{self.seq}:{self.digest}"


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
