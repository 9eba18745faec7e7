"""Bringing a shared ledger to the schema of this version, by alembic, in one transaction."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect

from pipeline.adapters.postgres.schema import require_not_newer, schema_of
from pipeline.adapters.postgres.tables import EVENTS, SCHEMA_TABLE
from pipeline.core.errors import LedgerNotUnderstood

SCRIPTS = "pipeline.adapters.postgres:migrations"  # a package and a folder in it


def migrate(connection: Connection, where: str) -> int:
    """Migrate in the caller's transaction; returns the schema of before, 0 for an empty database.

    Raises LedgerNotUnderstood for a newer schema, or tables of another program.
    """
    has = inspect(connection).has_table
    if not has(SCHEMA_TABLE) and has(EVENTS.name):
        raise LedgerNotUnderstood(
            "this database has tables of another program",
            where=where,
            next="create a database for the ledger alone",
        )
    before = schema_of(connection) if has(SCHEMA_TABLE) else 0
    require_not_newer(before, where)
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return before
