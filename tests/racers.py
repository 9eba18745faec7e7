"""Processes that race for the lease on one stage."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

# A ledger of the embedded kind, and one that several machines share, as a process of its own opens it.
SQLITE = """
import sys, time, pathlib
from pipeline.adapters.ledger_sqlite import SqliteLedger
from pipeline.adapters.this_process import this_process, liveness
site = pathlib.Path(sys.argv[1])
ledger = SqliteLedger(site, now=time.time, holder=this_process(), liveness=liveness)
"""
POSTGRES = """
import os, sys, time, pathlib
from pipeline.adapters.postgres.address import parse
from pipeline.adapters.postgres.ledger import PostgresLedger
from pipeline.adapters.this_process import this_process
site, address = pathlib.Path(sys.argv[1]), parse(sys.argv[3])
own = site / f"machine-{os.getpid()}"
ledger = PostgresLedger(own, address, environment={}, holder=this_process(), say=lambda _message: None)
"""
# Opening `inside` fails if another process is inside, too.
_RACER = """
from pipeline.core.errors import StageLocked
wins = int(sys.argv[2])
while wins:
    try:
        lease = ledger.acquire("dev", "race", 60)
    except StageLocked:
        continue
    inside = site / "inside"
    inside.open("x").close()
    inside.unlink()
    ledger.give_back(lease)
    wins -= 1
"""


def race(site: Path, processes: int, wins: int, within_s: float, address: str | None = None) -> list[int]:
    """Let so many processes take the lease so often each; return their exit codes.

    With an `address` they share that ledger and not a site.
    """
    site.mkdir(exist_ok=True)
    program = (POSTGRES if address else SQLITE) + _RACER
    argv = [sys.executable, "-c", program, str(site), str(wins), *([address] if address else [])]
    with ExitStack() as stack:
        racers = [stack.enter_context(subprocess.Popen(argv)) for _ in range(processes)]
        return [racer.wait(timeout=within_s) for racer in racers]
