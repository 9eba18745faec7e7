"""What the SQLite ledger promises beyond the port: append-only on the disk, real processes, real kills."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.adapters.ledger_sqlite import SqliteLedger
from pipeline.adapters.this_process import liveness, this_process
from pipeline.core import events as ev
from pipeline.core.errors import LedgerNotUnderstood, StageLocked


def ledger(site: Path) -> SqliteLedger:
    return SqliteLedger(site, now=time.time, holder=this_process(), liveness=liveness)


def note(text: str) -> ev.HoldPlaced:
    return ev.HoldPlaced(None, text, "somebody")


def test_reading_makes_no_file(site: Path) -> None:
    ledger(site).read()

    assert not site.exists()


@pytest.mark.parametrize("statement", ["UPDATE events SET event = '{}'", "DELETE FROM events"])
def test_the_file_itself_refuses_to_change_or_forget_an_event(site: Path, statement: str) -> None:
    ledger(site).append([note("a")])
    database = sqlite3.connect(site / "ledger.sqlite")

    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        database.execute(statement)
    database.close()


def test_the_journal_is_a_rollback_journal(site: Path) -> None:
    ledger(site).append([note("a")])
    database = sqlite3.connect(site / "ledger.sqlite")

    assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    database.close()


def test_a_ledger_of_a_newer_version_is_refused(site: Path) -> None:
    ledger(site).append([note("a")])
    database = sqlite3.connect(site / "ledger.sqlite")
    database.execute("PRAGMA user_version = 99")
    database.close()

    with pytest.raises(LedgerNotUnderstood, match="schema 99"):
        ledger(site).read()


def test_a_file_of_another_program_is_refused(site: Path) -> None:
    site.mkdir()
    database = sqlite3.connect(site / "ledger.sqlite")
    database.execute("PRAGMA user_version = 1")
    database.close()

    with pytest.raises(LedgerNotUnderstood, match="not a ledger"):
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


_RACER = """
import sys, time, pathlib
from pipeline.adapters.ledger_sqlite import SqliteLedger
from pipeline.adapters.this_process import this_process, liveness
from pipeline.core.errors import StageLocked
site = pathlib.Path(sys.argv[1])
ledger = SqliteLedger(site, now=time.time, holder=this_process(), liveness=liveness)
won = 0
while won < 10:
    try:
        lease = ledger.acquire("dev", "race", 60)
    except StageLocked:
        continue
    inside = site / "inside"
    inside.open("x").close()
    inside.unlink()
    ledger.give_back(lease)
    won += 1
"""


def test_of_many_processes_only_one_holds_a_stage_at_a_time(site: Path) -> None:
    racers = [subprocess.Popen([sys.executable, "-c", _RACER, str(site)]) for _ in range(4)]

    assert [racer.wait(timeout=120) for racer in racers] == [0, 0, 0, 0]
    taken = [record.event for record in ledger(site).read() if isinstance(record.event, ev.LeaseTaken)]
    assert [event.token for event in taken] == list(range(1, 41))


_HOLDER = """
import sys, time, pathlib
from pipeline.adapters.ledger_sqlite import SqliteLedger
from pipeline.adapters.this_process import this_process, liveness
ledger = SqliteLedger(pathlib.Path(sys.argv[1]), now=time.time, holder=this_process(), liveness=liveness)
ledger.acquire("dev", "hold it", 3600)
print("held", flush=True)
sys.stdin.read()
"""


def test_the_lease_of_a_process_killed_with_9_is_free_at_once(site: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(site)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout.readline() == "held\n"
        with pytest.raises(StageLocked, match="hold it"):
            ledger(site).acquire("dev", "too early", 60)

        os.kill(child.pid, signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and still a zombie
        lease = ledger(site).acquire("dev", "take over", 60)

    assert lease.token == 2
    assert ledger(site).read()[-1].event.why == "holder gone"


def test_a_kill_within_an_append_leaves_all_of_it_or_nothing(site: Path) -> None:
    script = """
import sys, time, pathlib
from pipeline.adapters.ledger_sqlite import SqliteLedger
from pipeline.adapters.this_process import this_process, liveness
from pipeline.core.events import HoldPlaced
ledger = SqliteLedger(pathlib.Path(sys.argv[1]), now=time.time, holder=this_process(), liveness=liveness)
print("go", flush=True)
while True:
    ledger.append([HoldPlaced(None, str(n), "x") for n in range(7)])
"""
    for delay in (0.01, 0.03, 0.05):
        child = subprocess.Popen([sys.executable, "-c", script, str(site)], stdout=subprocess.PIPE, text=True)
        with child:
            child.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                child.wait(timeout=delay)
            child.kill()
        assert len(ledger(site).read()) % 7 == 0
