"""What the SQLite ledger promises beyond the port: append-only on the disk, real processes, real kills."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from racers import race

from pipeline.adapters.ledger_sqlite import SqliteLedger
from pipeline.adapters.this_process import liveness, this_process
from pipeline.core import events as ev
from pipeline.core.actor import Actor
from pipeline.core.errors import LedgerNotUnderstood, StageLocked


def ledger(site: Path) -> SqliteLedger:
    return SqliteLedger(site, now=time.time, holder=this_process(), liveness=liveness)


def note(text: str) -> ev.HoldPlaced:
    return ev.HoldPlaced(None, text, Actor("somebody"))


def test_reading_makes_no_file(site: Path) -> None:
    ledger(site).read()

    assert not site.exists()


def database(site: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(site / "ledger.sqlite"))


@pytest.mark.parametrize("statement", ["UPDATE events SET event = '{}'", "DELETE FROM events"])
def test_the_file_itself_refuses_to_change_or_forget_an_event(site: Path, statement: str) -> None:
    ledger(site).append([note("a")])

    with database(site) as file, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        file.execute(statement)


def test_the_journal_is_a_rollback_journal(site: Path) -> None:
    ledger(site).append([note("a")])

    with database(site) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_whoever_reads_every_row_makes_nobody_wait(site: Path) -> None:
    ledger(site).append([note(str(number)) for number in range(1200)])
    rows = iter(ledger(site).rows())
    next(rows)

    ledger(site).append([note("meanwhile")])

    assert [row.seq for row in rows] == list(range(2, 1202))


@pytest.mark.parametrize(
    ("ours", "schema", "said"),
    [
        pytest.param(True, 99, "schema 99", id="a newer ledger"),
        pytest.param(False, 1, "not a ledger", id="of another program"),
    ],
)
def test_a_file_of_another_kind_is_refused(site: Path, schema: int, said: str, *, ours: bool) -> None:
    if ours:
        ledger(site).append([note("a")])
    site.mkdir(exist_ok=True)
    with database(site) as file:
        file.execute(f"PRAGMA user_version = {schema}")

    with pytest.raises(LedgerNotUnderstood, match=said):
        ledger(site).read()


def test_a_damaged_file_is_refused_in_words(site: Path) -> None:
    site.mkdir()
    (site / "ledger.sqlite").write_bytes(b"no database at all, and long enough to be looked at" * 40)

    with pytest.raises(LedgerNotUnderstood):
        ledger(site).read()


def test_the_token_is_on_the_disk_before_anything_is_done(site: Path) -> None:
    lease = ledger(site).acquire("dev", "one", 60)

    assert json.loads((site / "leases" / "dev.json").read_text()) == {"token": lease.token}


def test_the_site_is_for_its_owner_only(site: Path) -> None:
    ledger(site).append([note("a")])

    assert site.stat().st_mode & 0o777 == 0o700


_LEDGER = """
import sys, time, pathlib
from pipeline.adapters.ledger_sqlite import SqliteLedger
from pipeline.adapters.this_process import this_process, liveness
from pipeline.core.actor import Actor
from pipeline.core.events import HoldPlaced
site = pathlib.Path(sys.argv[1])
ledger = SqliteLedger(site, now=time.time, holder=this_process(), liveness=liveness)
"""
_HOLDER = """
ledger.acquire("dev", "hold it", 3600)
print("held", flush=True)
sys.stdin.read()
"""
_WRITER = """
print("go", flush=True)
while True:
    ledger.append([HoldPlaced(None, str(n), Actor("x")) for n in range(7)])
"""


def process(site: Path, program: str) -> subprocess.Popen[str]:
    """A process of its own that runs these lines with a ledger of this site."""
    argv = [sys.executable, "-c", _LEDGER + program, str(site)]
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_of_many_processes_only_one_holds_a_stage_at_a_time(site: Path) -> None:
    assert race(site, processes=4, wins=10, within_s=120) == [0] * 4

    taken = [record.event for record in ledger(site).read() if isinstance(record.event, ev.LeaseTaken)]
    assert [event.token for event in taken] == list(range(1, 41))


def test_the_lease_of_a_process_killed_with_9_is_free_at_once(site: Path) -> None:
    with process(site, _HOLDER) as child:
        assert child.stdout.readline() == "held\n"
        with pytest.raises(StageLocked, match="hold it"):
            ledger(site).acquire("dev", "too early", 60)

        os.kill(child.pid, signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and still a zombie
        lease = ledger(site).acquire("dev", "take over", 60)

    assert lease.token == 2
    assert ledger(site).read()[-1].event.why == "holder gone"


def test_a_kill_within_an_append_leaves_all_of_it_or_nothing(site: Path) -> None:
    for delay in (0.01, 0.03, 0.05):
        with process(site, _WRITER) as child:
            assert child.stdout.readline() == "go\n"
            with pytest.raises(subprocess.TimeoutExpired):
                child.wait(timeout=delay)
            child.kill()
        assert len(ledger(site).read()) % 7 == 0
