"""A shared ledger beside what a machine already has, beside its own threads, and while the server is away."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from postgres_server import Server
from shared_ledgers import migrated, opened

from pipeline.adapters.postgres.failures import passes
from pipeline.core import events as ev
from pipeline.core.errors import LedgerNotUnderstood
from pipeline.core.retries import Retry
from pipeline.core.rows import Row, read


@pytest.fixture
def url(postgres: Server, tmp_path: Path) -> str:
    return migrated(postgres, tmp_path)


def test_a_machine_that_joins_with_tokens_of_an_earlier_ledger_is_not_locked_out(
    url: str, tmp_path: Path
) -> None:
    file = tmp_path / "leases" / "dev.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"token": 41}))
    with opened(url, tmp_path) as ledger, opened(url, tmp_path / "b", 2) as other:
        lease = ledger.acquire("dev", "one", 60)
        assert json.loads(file.read_text()) == {"token": lease.token}
        ledger.give_back(lease)
        assert (lease.token, other.acquire("dev", "two", 60).token) == (42, 43)


def test_of_two_threads_that_give_leases_back_one_records_the_retries(url: str, tmp_path: Path) -> None:
    again = Retry("the ledger, writing", 1, "away")
    with opened(url, tmp_path) as ledger, psycopg.connect(url) as busy:
        leases = [ledger.acquire(name, "one", 60) for name in ("dev", "staging")]
        ledger._database.leave_retries((again,))  # noqa: SLF001 - as if the server had been away
        busy.execute("SELECT pg_advisory_xact_lock(%s)", (0x53474C31,))
        with ThreadPoolExecutor() as pool:
            ends = [pool.submit(ledger.give_back, lease) for lease in leases]
            time.sleep(0.5)  # both have begun, and wait for the lock
            busy.rollback()
            for end in ends:
                end.result(60)
        found = [one.event.retries for one in ledger.read() if isinstance(one.event, ev.LeaseReturned)]
    assert sorted(found) == [(), (again,)]


def test_retries_that_could_not_be_recorded_are_recorded_later(url: str, tmp_path: Path) -> None:
    again = Retry("the ledger, writing", 1, "away")
    with opened(url, tmp_path) as ledger:
        lease = ledger.acquire("dev", "one", 60)
        ledger._database.leave_retries((again,))  # noqa: SLF001 - as if the server had been away
        with psycopg.connect(url, autocommit=True) as database:
            database.execute("ALTER TABLE leases RENAME TO gone")
            with pytest.raises(LedgerNotUnderstood):
                ledger.give_back(lease)
            database.execute("ALTER TABLE gone RENAME TO leases")
        ledger.give_back(lease)
        assert ledger.read()[-1].event.retries == (again,)


def test_nobody_waits_while_the_events_of_another_ledger_are_read(
    url: str, postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(url, tmp_path) as ledger:
        ledger.acquire("dev", "one", 60)
        found = tuple(ledger.rows())
    empty, free = migrated(postgres, tmp_path), []

    def slowly(row: Row, where: str) -> ev.Record:
        with psycopg.connect(empty) as other:
            free.extend(other.execute("SELECT pg_try_advisory_xact_lock(%s)", (0x53474C31,)).fetchone())
        return read(row, where)

    monkeypatch.setattr("pipeline.adapters.postgres.ledger.read", slowly)
    with opened(empty, tmp_path) as ledger:
        ledger.fill(found)
    assert free == [True]


@pytest.mark.parametrize("sqlstate", ["57P05", "25006", "57P01"])
def test_a_server_that_ends_a_session_or_is_no_longer_the_one_to_write_to_is_asked_again(
    sqlstate: str,
) -> None:
    assert passes(psycopg.errors.lookup(sqlstate)("the server said so"))
