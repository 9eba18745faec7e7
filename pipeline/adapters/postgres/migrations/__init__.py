"""How the schema of a shared ledger gets from each number to the next, run by alembic."""
