"""Connections to ledger.sqlite: rollback journal, synchronous=FULL, and SQLite's errors as ours.

Not WAL: before SQLite 3.51.3 its reset race can corrupt the file.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from pipeline.core.errors import LedgerNotUnderstood, TryAgain

SCHEMA = 2
APPLICATION = 0x53474C31  # "SGL1": so that another program's file is not taken for a ledger
_BUSY_S = 30.0
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@contextlib.contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection of its own, for any thread, without an open transaction.

    Raises TryAgain when the ledger is busy too long, LedgerNotUnderstood when it is of a newer version, or no
    ledger, or cannot be used.
    """
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode=DELETE")
            database.execute("PRAGMA synchronous=FULL")
            _refuse_foreign(database)
            yield database
    except sqlite3.DatabaseError as problem:
        if getattr(problem, "sqlite_errorcode", None) in _BUSY:
            raise TryAgain("the ledger is busy", where=str(path), why=str(problem)) from problem
        raise LedgerNotUnderstood("the ledger cannot be used", where=str(path), why=str(problem)) from problem


def schema_of(database: sqlite3.Connection) -> int:
    """The schema of the file; 0 when it has no tables yet."""
    return scalar(database, "PRAGMA user_version")


def scalar(database: sqlite3.Connection, query: str, *arguments: str) -> int:
    """The one number that this query returns; 0 when it returns none."""
    row = database.execute(query, arguments).fetchone()
    return int(row[0]) if row is not None and row[0] is not None else 0


def _refuse_foreign(database: sqlite3.Connection) -> None:
    schema = schema_of(database)
    if schema > SCHEMA:
        raise LedgerNotUnderstood(
            f"the ledger has schema {schema}; this version reads {SCHEMA}",
            next="use the newer version of promote",
        )
    if schema and scalar(database, "PRAGMA application_id") != APPLICATION:
        raise LedgerNotUnderstood("ledger.sqlite is not a ledger of Stagegate", next="choose another --site")
