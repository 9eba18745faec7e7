"""The table of leases, the one mutable table: a lease is renewed too often for an event each time."""

import sqlite3

from pipeline.adapters.leases import holder_text, stored
from pipeline.adapters.ledger_file import scalar, schema_of
from pipeline.core.leases import Lease


def current(database: sqlite3.Connection, stage: str) -> Lease | None:
    """The lease on the stage, expired or not. Raises LedgerDamaged."""
    if schema_of(database) == 0:
        return None
    query = "SELECT stage, token, purpose, holder, expires FROM leases WHERE stage = ? AND held = 1"
    row = database.execute(query, (stage,)).fetchone()
    return None if row is None else stored(row, "the table leases of ledger.sqlite")


def newest_token(database: sqlite3.Connection, stage: str) -> int:
    """The greatest token that was granted on the stage; 0 when none was."""
    return scalar(database, "SELECT token FROM leases WHERE stage = ?", stage)


def store(database: sqlite3.Connection, lease: Lease, *, held: bool) -> None:
    """Replace the row of the lease's stage."""
    database.execute(
        "INSERT OR REPLACE INTO leases (stage, token, held, purpose, holder, expires)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (lease.stage, lease.token, int(held), lease.purpose, holder_text(lease), lease.expires),
    )
