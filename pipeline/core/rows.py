"""One row of the ledger: an event as it is stored, and how it is read."""

import json
from dataclasses import dataclass

from pipeline.core import events as ev
from pipeline.core.codec import decode, encode
from pipeline.core.errors import LedgerDamaged, LedgerNotUnderstood

_YEAR_10000_S = 253402300800.0  # the first moment that cannot be shown as a date


@dataclass(frozen=True, slots=True)
class Row:
    """An event as it is stored, which may be damaged.

    `at` is seconds since 1970. `event` is JSON; bytes of it that are not UTF-8 are lone surrogates
    ("surrogateescape"). `digest` is None in a ledger from before rows were chained.
    """

    seq: int
    at: float
    event: str
    digest: str | None


def write(event: ev.Event) -> str:
    """The event as the text of its row."""
    return json.dumps(encode(event), sort_keys=True)


def read(row: Row, ledger: str) -> ev.Record:
    """The event of this row of `ledger`, a path for messages.

    Raises LedgerDamaged when no version writes such a row, LedgerNotUnderstood when a newer one wrote it.
    """
    where = f"event {row.seq} of {ledger}"
    try:
        return ev.Record(row.seq, _moment(row.at), decode(_data(row.event)))
    except LedgerDamaged as damage:
        raise LedgerDamaged(f"{where} is damaged: {damage.what}", next="promote ledger verify") from damage
    except LedgerNotUnderstood as newer:
        raise LedgerNotUnderstood(f"{where}: {newer.what}", why=newer.why, next=newer.next) from newer


def _moment(at: float) -> float:
    if not 0 <= at < _YEAR_10000_S:
        raise LedgerDamaged(f"its time, {at!r}, is not a date")
    return at


def _data(text: str) -> object:
    try:
        text.encode()
        return json.loads(text)
    except UnicodeEncodeError as problem:
        raise LedgerDamaged("it is not UTF-8") from problem
    except (ValueError, RecursionError) as problem:
        raise LedgerDamaged(f"it is not JSON: {problem}") from problem
