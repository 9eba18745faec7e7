"""The table of leases, the one mutable table: a lease is renewed too often for an event each time."""

import json
import sqlite3
from pathlib import Path

from pipeline.adapters.ledger_file import scalar, schema_of
from pipeline.core import events as ev
from pipeline.core.codec import plain, revive
from pipeline.core.errors import LeaseLost, LedgerDamaged, StageLocked
from pipeline.core.leases import Lease


def current(database: sqlite3.Connection, stage: str) -> Lease | None:
    """The lease on the stage, expired or not. Raises LedgerDamaged."""
    if schema_of(database) == 0:
        return None
    query = "SELECT token, purpose, holder, expires FROM leases WHERE stage = ? AND held = 1"
    row = database.execute(query, (stage,)).fetchone()
    if row is None:
        return None
    token, purpose, holder, expires = row
    try:
        return Lease(stage, token, purpose, revive(ev.Holder, json.loads(holder)), expires)
    except (TypeError, ValueError, RecursionError) as problem:
        raise LedgerDamaged(
            f"the lease on {stage} is damaged: its holder: {problem}",
            where="the table leases of ledger.sqlite",
            next="docs/operate.md, 'Is the ledger intact?'",
        ) from problem


def newest_token(database: sqlite3.Connection, stage: str) -> int:
    """The greatest token that was granted on the stage; 0 when none was."""
    return scalar(database, "SELECT token FROM leases WHERE stage = ?", stage)


def token_file(site: Path, stage: str) -> Path:
    """The file with the greatest token granted on the stage, for those who change the stage."""
    return site / "leases" / f"{stage}.json"


def store(database: sqlite3.Connection, lease: Lease, *, held: bool) -> None:
    """Replace the row of the lease's stage."""
    database.execute(
        "INSERT OR REPLACE INTO leases (stage, token, held, purpose, holder, expires)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (lease.stage, lease.token, int(held), lease.purpose, json.dumps(plain(lease.holder)), lease.expires),
    )


def require_current(database: sqlite3.Connection, lease: Lease) -> None:
    """Raise LeaseLost unless this lease is the one on its stage."""
    now = current(database, lease.stage)
    if now is None or now.token != lease.token:
        now_held = f"token {now.token} ({now.purpose})" if now else "nobody"
        raise LeaseLost(
            f"the lease on {lease.stage} was lost: we had token {lease.token}, now it is held by {now_held}",
            next="promote status",
        )


def locked(lease: Lease | None, now: float) -> StageLocked:
    """The error for a stage that is held under this lease."""
    if lease is None:  # only for the type checker: a stage without a lease can always be taken
        return StageLocked("the stage is locked")
    holder = lease.holder
    return StageLocked(
        f"{lease.stage} is locked: {lease.purpose}",
        where=f"process {holder.pid} on {holder.hostname}, token {lease.token}",
        why=f"its lease ends in {max(0, round(lease.expires - now))} s unless it is renewed",
        next="wait, or repeat the command with --lock-timeout 15m",
    )
