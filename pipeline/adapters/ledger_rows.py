"""The table of events: read as it is stored, and appended to."""

import sqlite3
from collections.abc import Sequence

from pipeline.adapters.ledger_file import scalar, schema_of
from pipeline.core import chain
from pipeline.core import events as ev
from pipeline.core.chain import Head
from pipeline.core.rows import Row

# By schema; in 1 rows had no digests. The casts let a row be read whatever its cells hold.
_ROWS = {
    1: """SELECT seq, coalesce(CAST(at AS REAL), -1.0), coalesce(CAST(event AS BLOB), x''), NULL
        FROM events WHERE seq > ? ORDER BY seq LIMIT ?""",
    2: """SELECT seq, coalesce(CAST(at AS REAL), -1.0), coalesce(CAST(event AS BLOB), x''),
        coalesce(CAST(digest AS BLOB), x'') FROM events WHERE seq > ? ORDER BY seq LIMIT ?""",
}


def stored(database: sqlite3.Connection, after: int = 0, most: int | None = None) -> tuple[Row, ...]:
    """Every row numbered above `after`, in order, or the first `most`, damaged ones included."""
    schema = schema_of(database)
    if schema == 0:
        return ()
    rows = database.execute(_ROWS[schema], (after, -1 if most is None else most))
    return tuple(
        Row(seq, at, _text(event), None if digest is None else _text(digest))
        for seq, at, event, digest in rows
    )


def head(database: sqlite3.Connection) -> Head:
    """The last row, with its stored digest; in a ledger without digests, with the one that it will get."""
    if schema_of(database) == 1:
        return chain.head_of(stored(database))
    return chain.head_of(stored(database, after=_last(database) - 1))


def insert(database: sqlite3.Connection, events: Sequence[ev.Event], at: float) -> tuple[ev.Record, ...]:
    """Append events to a ledger of the current schema, in the caller's transaction."""
    rows = chain.append(head(database), at, events)
    keep(database, rows)
    return tuple(ev.Record(row.seq, row.at, event) for row, event in zip(rows, events, strict=True))


def keep(database: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Append rows as they are, to a ledger of the current schema."""
    database.executemany(
        "INSERT INTO events (seq, at, event, digest) VALUES (?, ?, ?, ?)",
        [(row.seq, row.at, row.event, row.digest) for row in rows],
    )


def _last(database: sqlite3.Connection) -> int:
    return scalar(database, "SELECT max(seq) FROM events") if schema_of(database) else 0


def _text(cell: bytes) -> str:
    return cell.decode("utf-8", "surrogateescape")
