"""What SQL probes were told about their rows, and what the databases say of them."""

from dataclasses import dataclass

import pytest

from suites.failover.written import history, rows
from suites.hosts.host import Output
from suites.probes.trace import Request, RequestOutcome, Trace


def told(outcome: RequestOutcome, error: str | None) -> Trace:
    request = Request(0.0, 0.0, 0.1, outcome, "database-1", error, "row")
    return Trace("sql-new", "sql", "new", 20.0, 1.0, 0.0, 1.0, (request,))


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        ("refused: 1047 WSREP has not yet prepared node for application use", True),
        ("refused: 1205 Lock wait timeout exceeded; try restarting transaction", True),
        ("refused: 1290 The MariaDB server is running with the --read-only option", True),
        ('refused: 1180 Got error 6 "No such device or address" during COMMIT', False),
        ("refused: 1213 Deadlock found when trying to get lock; try restarting transaction", False),
        ("refused: 1053 Server shutdown in progress", False),
        ("refused: 1317 Query execution was interrupted", False),
        ("refused: 1927 Connection was killed", False),
        ("ConnectionError: 2006 MySQL server has gone away", False),
        ("ConnectionError: 2013 Lost connection to MySQL server during query", False),
    ],
)
def test_an_answer_is_a_refusal_only_when_nothing_was_done(error: str, *, refused: bool) -> None:
    found = history([told(RequestOutcome.ERROR, error)])
    assert (found.refused, found.unknown) == (({"row"}, set()) if refused else (set(), {"row"}))


def test_a_row_nobody_answered_for_is_unknown() -> None:
    assert history([told(RequestOutcome.TIMEOUT, "timed out")]).unknown == {"row"}


@dataclass(frozen=True)
class Lagging:
    """A database whose applier is behind: it shows all rows only to who waits for it."""

    name: str
    address: str = "10.71.3.31"

    def ask(self, script: str, *, within: int = 20) -> Output:
        return Output(0, self.read(script, within=within), "")

    def read(self, script: str, *, within: int = 20) -> str:
        del within
        in_step = "SET SESSION wsrep_sync_wait=1; SELECT" in script
        return "p-1\np-2\n" if in_step else "p-1\n"


def test_rows_are_read_when_a_node_has_applied_what_was_committed() -> None:
    nodes = [Lagging("database-1"), Lagging("database-2")]
    assert rows(nodes, "p") == {"database-1": ["p-1", "p-2"], "database-2": ["p-1", "p-2"]}
