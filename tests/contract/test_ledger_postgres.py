"""What the shared ledger promises beyond the port: real processes, and a real server that goes away."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from cut_commits import Cut, failing_network
from postgres_server import Server, running
from racers import POSTGRES, race
from shared_ledgers import DatabaseClock, migrated, opened

from pipeline.core import events as ev
from pipeline.core.actor import Actor
from pipeline.core.errors import LeaseLost, TryAgain
from pipeline.core.verification import Damage, verify

_WRITER = """
from pipeline.core.actor import Actor
from pipeline.core.events import HoldPlaced
name, end = sys.argv[2], site / "end"
lease = ledger.acquire(name, "write", 3600)
number = 0
while not end.exists():
    number += 1
    ledger.append([HoldPlaced(None, f"{name} {number}", Actor("x"))], lease=lease)
    print(number, flush=True)
ledger.give_back(lease)
"""


def note(text: str) -> ev.HoldPlaced:
    return ev.HoldPlaced(None, text, Actor("somebody"))


@pytest.fixture
def url(postgres: Server, tmp_path: Path) -> str:
    return migrated(postgres, tmp_path)


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET event = '{}'",
        "DELETE FROM events",
        "TRUNCATE events",
        "INSERT INTO events VALUES (3, 1.0, '{}', 'd')",
        "INSERT INTO events VALUES (1, 1.0, '{}', 'd') ON CONFLICT (seq) DO UPDATE SET event = '{}'",
    ],
)
def test_the_database_takes_the_next_event_and_nothing_else(url: str, tmp_path: Path, statement: str) -> None:
    with opened(url, tmp_path) as ledger:
        ledger.append([note("a")])
        before = list(ledger.rows())

        with psycopg.connect(url) as database, pytest.raises(psycopg.Error, match="append-only"):
            database.execute(statement)

        assert list(ledger.rows()) == before


def test_an_event_that_was_changed_behind_its_back_is_named(url: str, tmp_path: Path) -> None:
    with opened(url, tmp_path) as ledger, psycopg.connect(url) as database:
        ledger.append([note(str(n)) for n in range(1, 6)])
        database.execute("ALTER TABLE events DISABLE TRIGGER ALL")
        database.execute("UPDATE events SET event = 'text' WHERE seq = 3")
        database.commit()

        assert [(one.seq, one.damage) for one in verify(ledger.rows()).damaged] == [(3, Damage.CHANGED)]


def test_of_many_processes_on_many_machines_only_one_holds_a_stage_at_a_time(
    url: str, tmp_path: Path
) -> None:
    assert race(tmp_path / "race", processes=3, wins=8, within_s=120, address=url) == [0] * 3

    with opened(url, tmp_path) as ledger:
        taken = [record.event for record in ledger.read() if isinstance(record.event, ev.LeaseTaken)]
        assert [event.token for event in taken] == list(range(1, 25))
        assert verify(ledger.rows()).damaged == ()


def test_the_token_is_on_the_disk_before_anything_is_done(url: str, tmp_path: Path) -> None:
    with opened(url, tmp_path) as ledger:
        lease = ledger.acquire("dev", "one", 60)
    assert json.loads((tmp_path / "leases" / "dev.json").read_text()) == {"token": lease.token}


def test_a_machine_that_lost_a_stage_to_another_knows_the_newer_token(url: str, tmp_path: Path) -> None:
    clock = DatabaseClock(url)
    with opened(clock.url, tmp_path / "a") as lost, opened(clock.url, tmp_path / "b", 2) as newer:
        lease = lost.acquire("dev", "one", 60)
        clock.sleep(61)
        newer.acquire("dev", "two", 60)
        with pytest.raises(LeaseLost):
            lost.renew(lease, 60)
    assert json.loads((tmp_path / "a" / "leases" / "dev.json").read_text()) == {"token": 2}


def test_a_ledger_that_others_write_for_too_long_is_busy(url: str, tmp_path: Path) -> None:
    with opened(url, tmp_path) as ledger, psycopg.connect(url) as other:
        lease = ledger.acquire("dev", "one", 60)
        other.execute("SELECT pg_advisory_xact_lock(%s)", (0x53474C31,))
        with pytest.raises(TryAgain, match="busy"):
            ledger.renew(lease, 6)
        assert ledger.lease_on("dev") == lease  # whoever reads does not wait


def test_a_write_waits_for_the_disk_and_keeps_nobody_waiting_whatever_the_database_is_set_to(
    url: str, tmp_path: Path
) -> None:
    names = ("synchronous_commit", "idle_in_transaction_session_timeout")
    with psycopg.connect(url, autocommit=True) as database:
        for name, value in zip(names, ("off", "0"), strict=True):
            database.execute(f"ALTER DATABASE {database.info.dbname} SET {name} = {value}")
        database.execute("CREATE TABLE seen (name text, value text)")
        database.execute(
            "CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$"
            " BEGIN INSERT INTO seen SELECT name, current_setting(name) FROM pg_settings; RETURN NULL; END $$"
        )
        database.execute("CREATE TRIGGER look AFTER INSERT ON events EXECUTE FUNCTION look()")
    with opened(url, tmp_path) as ledger, psycopg.connect(url) as database:
        ledger.append([note("a")])
        found = dict(database.execute("SELECT name, value FROM seen").fetchall())
    assert [found[name] for name in names] == ["on", "10s"]


@pytest.mark.parametrize("cut", list(Cut))
def test_a_connection_that_is_lost_around_a_commit_loses_nothing_and_repeats_nothing(
    postgres: Server, url: str, tmp_path: Path, short: Path, cut: Cut
) -> None:
    said: list[str] = []
    through = url.replace(str(postgres.folder), str(short))
    with (
        failing_network(short, postgres.folder) as network,
        opened(through, tmp_path, said=said) as ledger,
    ):
        lease = ledger.acquire("dev", "one", 60)
        network.cuts = [cut]
        added = ledger.append([note("a"), note("b")], lease=lease)
        network.cuts = [cut]
        ledger.renew(lease, 600)
        network.cuts = [cut]
        other = ledger.acquire("staging", "two", 60)
        assert network.cuts == []
        ledger.give_back(other)

        kinds = [type(record.event) for record in ledger.read()]
        returned = ledger.read()[-1].event

    taken, back = ev.LeaseTaken, ev.LeaseReturned
    assert kinds == [taken, ev.HoldPlaced, ev.HoldPlaced, taken, back]
    assert [record.seq for record in added] == [2, 3]
    assert other.token == 1
    again = [retry for retry in returned.retries if retry.what == "the ledger, writing"]
    assert len(again) == (3 if cut is Cut.BEFORE else 0)
    assert len(said) >= len(again)


def test_a_server_that_crashes_under_two_writers_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    with running(durable=True) as server, ExitStack() as stack:
        url = migrated(server, tmp_path)
        acknowledged = {name: tmp_path / name for name in ("dev", "staging")}
        writers = [stack.enter_context(writing(file, url)) for file in acknowledged.values()]
        for how in ("immediate", "fast"):
            _grow(*acknowledged.values())
            server.stop(how)
            time.sleep(1)
            server.start()
        _grow(*acknowledged.values())
        (tmp_path / "end").touch()
        assert [writer.wait(60) for writer in writers] == [0, 0]

        with opened(url, tmp_path / "reader") as ledger:
            found = [record.event for record in ledger.read()]
            assert verify(ledger.rows()).damaged == ()
    for name, file in acknowledged.items():
        texts = [event.reason for event in found if isinstance(event, ev.HoldPlaced)]
        written = [int(text.split()[1]) for text in texts if text.startswith(f"{name} ")]
        assert written == [int(line) for line in file.read_text().split()]
    retries = {event.stage: event.retries for event in found if isinstance(event, ev.LeaseReturned)}
    assert all(retries[name] for name in acknowledged)


@contextmanager
def writing(acknowledged: Path, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that appends in the stage of the file's name, and notes there what was acknowledged."""
    argv = [sys.executable, "-c", POSTGRES + _WRITER, str(acknowledged.parent), acknowledged.name, url]
    with acknowledged.open("w") as into, subprocess.Popen(argv, stdout=into) as process:
        yield process


def _grow(*files: Path) -> None:
    """Wait until each file has ten lines more."""
    wanted = {file: len(file.read_text().split()) + 10 for file in files}
    until = time.monotonic() + 60
    while any(len(file.read_text().split()) < lines for file, lines in wanted.items()):
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_server_that_stays_away_is_told_once_and_ends_in_a_transient_error(
    postgres: Server, url: str, tmp_path: Path, short: Path
) -> None:
    said: list[str] = []
    through = url.replace(str(postgres.folder), str(short))
    with opened(through, tmp_path, said=said) as ledger:
        with failing_network(short, postgres.folder):
            lease = ledger.acquire("dev", "one", 60)
        with pytest.raises(TryAgain, match="cannot be reached") as raised:
            ledger.renew(lease, 6)
    assert len(said) == 1
    assert (
        raised.value.where
        == f"postgresql://stagegate@/{url.split('/')[3].split('?', maxsplit=1)[0]}?host={short}"
    )
