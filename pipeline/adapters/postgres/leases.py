"""The table of leases: who holds a stage, and the greatest token that was granted on it."""

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.adapters.leases import holder_text, stored
from pipeline.adapters.postgres.tables import LEASES
from pipeline.core.leases import Lease


def current(connection: Connection, stage: str) -> Lease | None:
    """The lease on the stage, expired or not. Raises LedgerDamaged."""
    columns = (LEASES.c.stage, LEASES.c.token, LEASES.c.purpose, LEASES.c.holder, LEASES.c.expires)
    found = connection.execute(select(*columns).where(LEASES.c.stage == stage, LEASES.c.held)).one_or_none()
    if found is None:
        return None
    row = (found.stage, found.token, found.purpose, found.holder, found.expires)
    return stored(row, "the table leases of the shared ledger")


def newest_token(connection: Connection, stage: str) -> int:
    """The greatest token that was granted on the stage; 0 when none was."""
    return connection.scalar(select(LEASES.c.token).where(LEASES.c.stage == stage)) or 0


def store(connection: Connection, lease: Lease, *, held: bool) -> None:
    """Replace the row of the lease's stage."""
    values = {
        "token": lease.token,
        "held": held,
        "purpose": lease.purpose,
        "holder": holder_text(lease),
        "expires": lease.expires,
    }
    replacing = insert(LEASES).values(stage=lease.stage, **values)
    connection.execute(replacing.on_conflict_do_update(index_elements=[LEASES.c.stage], set_=values))
