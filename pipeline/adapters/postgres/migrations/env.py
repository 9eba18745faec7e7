"""What alembic runs: migrations on the connection of the caller, in the caller's transaction."""

from alembic import context

from pipeline.adapters.postgres.tables import SCHEMA_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=SCHEMA_TABLE)
with context.begin_transaction():
    context.run_migrations()
