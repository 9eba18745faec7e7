"""Which schema a shared ledger has, asked in each transaction: another version may have migrated it since."""

from sqlalchemy import Connection, Select, column, select, table

from pipeline.adapters.postgres.tables import SCHEMA, SCHEMA_TABLE
from pipeline.core.errors import LedgerNotUnderstood

_ASKED: Select[tuple[str]] = select(column("version_num")).select_from(table(SCHEMA_TABLE))


def require_current(connection: Connection, where: str) -> None:
    """Raise LedgerNotUnderstood unless the ledger has the schema of this version."""
    schema = schema_of(connection)
    require_not_newer(schema, where)
    if schema < SCHEMA:
        raise LedgerNotUnderstood(
            f"the ledger has schema {schema}; this version reads and writes {SCHEMA}",
            where=where,
            next="promote ledger migrate",
        )


def require_not_newer(schema: int, where: str) -> None:
    """Raise LedgerNotUnderstood for a schema that a newer version made."""
    if schema > SCHEMA:
        raise LedgerNotUnderstood(
            f"the ledger has schema {schema}; this version reads and writes {SCHEMA}",
            where=where,
            next="use the newer version of promote",
        )


def schema_of(connection: Connection) -> int:
    """The schema of the ledger; 0 while a migration has made no table yet. Fails where nobody migrated."""
    return int(connection.scalar(_ASKED) or 0)
