"""The schema of a shared ledger: made by a migration, refused when newer, and what the program expects."""

from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from postgres_server import Server
from shared_ledgers import migrated, opened
from sqlalchemy import create_engine

from pipeline.adapters.postgres.migrating import SCRIPTS
from pipeline.adapters.postgres.tables import SCHEMA, SCHEMA_TABLE, TABLES
from pipeline.core import events as ev
from pipeline.core.actor import Actor
from pipeline.core.errors import LedgerNotUnderstood

NOTE = ev.HoldPlaced(None, "a", Actor("somebody"))


@pytest.fixture
def url(postgres: Server) -> str:
    return postgres.database()


def test_a_new_database_is_no_ledger_until_somebody_says_so(url: str, tmp_path: Path) -> None:
    with opened(url, tmp_path) as ledger:
        for use in (ledger.read, ledger.head, lambda: ledger.append([NOTE])):
            with pytest.raises(LedgerNotUnderstood, match="not a ledger yet") as raised:
                use()
            assert raised.value.next == "promote ledger migrate"

        done = ledger.migrate()

        assert (done.before, done.after) == (0, SCHEMA)
        ledger.append([NOTE])
        assert [record.event for record in ledger.read()] == [NOTE]


def test_a_newer_schema_is_refused_by_whoever_reads_writes_or_migrates(
    postgres: Server, tmp_path: Path
) -> None:
    url = migrated(postgres, tmp_path)
    with opened(url, tmp_path) as ledger, psycopg.connect(url, autocommit=True) as database:
        ledger.append([NOTE])
        database.execute("UPDATE stagegate_schema SET version_num = '2'")

        for use in (ledger.read, lambda: ledger.append([NOTE]), ledger.migrate):
            with pytest.raises(LedgerNotUnderstood, match="schema 2") as raised:
                use()
            assert raised.value.next == "use the newer version of promote"

        assert database.execute("SELECT count(*) FROM events").fetchone() == (1,)


def test_an_older_schema_is_migrated_before_it_is_used(postgres: Server, tmp_path: Path) -> None:
    url = migrated(postgres, tmp_path)
    with opened(url, tmp_path) as ledger, psycopg.connect(url, autocommit=True) as database:
        database.execute("UPDATE stagegate_schema SET version_num = '0'")
        with pytest.raises(LedgerNotUnderstood, match="schema 0") as raised:
            ledger.read()
        assert raised.value.next == "promote ledger migrate"


def test_the_database_of_another_program_is_not_touched(url: str, tmp_path: Path) -> None:
    with opened(url, tmp_path) as ledger, psycopg.connect(url, autocommit=True) as database:
        database.execute("CREATE TABLE events (id int)")

        with pytest.raises(LedgerNotUnderstood, match="another program"):
            ledger.migrate()

        found = database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        assert found == [("events",)]


def test_migrations_make_the_tables_that_the_program_uses(postgres: Server, tmp_path: Path) -> None:
    url = migrated(postgres, tmp_path)
    engine = create_engine(f"postgresql+psycopg://{url.removeprefix('postgresql://')}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": SCHEMA_TABLE})
        assert compare_metadata(context, TABLES) == []
    engine.dispose()


def test_the_newest_migration_is_the_schema_of_the_program() -> None:
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    assert ScriptDirectory.from_config(config).get_current_head() == str(SCHEMA)
