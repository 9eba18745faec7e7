"""What all ledgers share about leases: how one is stored, who may use it, what is said of it."""

import json
from pathlib import Path

from pipeline.core import events as ev
from pipeline.core.codec import plain, revive
from pipeline.core.errors import LeaseLost, LedgerDamaged, StageLocked
from pipeline.core.leases import Lease


def holder_text(lease: Lease) -> str:
    """The holder of a lease as it is stored."""
    return json.dumps(plain(lease.holder))


def stored(row: tuple[str, int, str, str, float], table: str) -> Lease:
    """The lease of a row of `table`: stage, token, purpose, holder, expiry. Raises LedgerDamaged."""
    stage, token, purpose, holder, expires = row
    try:
        return Lease(stage, token, purpose, revive(ev.Holder, json.loads(holder)), expires)
    except (TypeError, ValueError, RecursionError) as problem:
        raise LedgerDamaged(
            f"the lease on {stage} is damaged: its holder: {problem}",
            where=table,
            next="docs/operate.md, 'Is the ledger intact?'",
        ) from problem


def require_current(lease: Lease, current: Lease | None) -> None:
    """Raise LeaseLost unless this lease is the `current` one on its stage."""
    if current is None or current.token != lease.token:
        now_held = f"token {current.token} ({current.purpose})" if current else "nobody"
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


def token_file(site: Path, stage: str) -> Path:
    """The file with the greatest token that this machine knows of, for those who change the stage from it."""
    return site / "leases" / f"{stage}.json"
