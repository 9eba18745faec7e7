"""The tables of ledger.sqlite, and how a file gets from each schema to the next.

Schema 1: events and leases. Schema 2: each event has a digest, and only the next number can be inserted.
"""

import sqlite3

from pipeline.adapters.ledger_file import APPLICATION, SCHEMA, schema_of
from pipeline.adapters.ledger_rows import stored
from pipeline.core.chain import chain

_NEVER_CHANGED = """
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
"""
_TO_1 = (
    """
CREATE TABLE events (
    seq INTEGER PRIMARY KEY CHECK (seq > 0),
    at REAL NOT NULL,
    event TEXT NOT NULL
) STRICT
""",
    _NEVER_CHANGED,
    """
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
""",
    """
CREATE TABLE leases (
    stage TEXT PRIMARY KEY,
    token INTEGER NOT NULL,
    held INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    holder TEXT NOT NULL,
    expires REAL NOT NULL
) STRICT
""",
    f"PRAGMA application_id={APPLICATION}",
)
# INSERT OR REPLACE deletes the row that is in its way without asking the trigger for DELETE.
_ONLY_APPENDED = """
CREATE TRIGGER events_are_only_appended BEFORE INSERT ON events
WHEN NEW.digest IS NULL OR NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM events)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
"""


def upgrade(database: sqlite3.Connection) -> None:
    """Bring the file from its schema, 0 for a new one, to the current one, in the caller's transaction."""
    schema = schema_of(database)
    if schema < 1:
        for statement in _TO_1:
            database.execute(statement)
    if schema < 2:  # noqa: PLR2004 - a schema, as in the name of the function
        _to_2(database)
    if schema < SCHEMA:
        database.execute(f"PRAGMA user_version={SCHEMA}")


def _to_2(database: sqlite3.Connection) -> None:
    """Chain the rows from the first. Their other cells stay as they are, damaged or not."""
    database.execute("ALTER TABLE events ADD COLUMN digest TEXT")
    database.execute("DROP TRIGGER IF EXISTS events_are_never_changed")
    database.executemany(
        "UPDATE events SET digest = ? WHERE seq = ?",
        [(row.digest, row.seq) for row in chain(stored(database))],
    )
    database.execute(_NEVER_CHANGED)
    database.execute(_ONLY_APPENDED)
