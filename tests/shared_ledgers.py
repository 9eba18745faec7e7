"""Shared ledgers on the tests' own server: made, opened, and with a clock that a test moves."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from postgres_server import Server

from pipeline.adapters.postgres.address import parse
from pipeline.adapters.postgres.ledger import PostgresLedger
from pipeline.testing.ledger import holder

# Found before PostgreSQL's own function, by whoever has the schema `moved` first in the search path.
_CLOCK = (
    "CREATE SCHEMA moved",
    "CREATE TABLE moved.clock AS SELECT to_timestamp(1000000) AS now",
    """CREATE FUNCTION moved.clock_timestamp() RETURNS timestamptz LANGUAGE sql
    AS 'SELECT now FROM moved.clock'""",
)


@contextmanager
def opened(
    url: str,
    site: Path,
    pid: int = 1,
    environment: Mapping[str, str] | None = None,
    said: list[str] | None = None,
) -> Iterator[PostgresLedger]:
    """The ledger at this address, as the process with this pid sees it from a site of its own."""
    say = (said if said is not None else []).append
    ledger = PostgresLedger(site, parse(url), environment=environment or {}, holder=holder(pid), say=say)
    with closing(ledger):
        yield ledger


def migrated(server: Server, folder: Path) -> str:
    """The address of a new database that is a ledger."""
    url = server.database()
    with opened(url, folder / "migrating") as ledger:
        ledger.migrate()
    return url


@dataclass
class DatabaseClock:
    """The clock of a database, which moves only when a test says so; `url` is the database with it."""

    database: str
    url: str = field(init=False)

    def __post_init__(self) -> None:
        self.url = f"{self.database}&options=-csearch_path%3Dmoved,public,pg_catalog"
        self._execute(*_CLOCK)

    def now(self) -> float:
        with psycopg.connect(self.url) as connection:
            found = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
        return found[0]

    def sleep(self, seconds: float) -> None:
        later = f"now + make_interval(secs => {float(seconds)})"
        self._execute(f"UPDATE moved.clock SET now = {later}")  # noqa: S608 - a number

    def _execute(self, *statements: str) -> None:
        with psycopg.connect(self.database, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)
