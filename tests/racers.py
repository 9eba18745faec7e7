"""Processes that race for the lease on one stage."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

# Opening `inside` fails if another process is inside, too.
_RACER = """
import sys, time, pathlib
from pipeline.adapters.ledger_sqlite import SqliteLedger
from pipeline.adapters.this_process import this_process, liveness
from pipeline.core.errors import StageLocked
site, wins = pathlib.Path(sys.argv[1]), int(sys.argv[2])
ledger = SqliteLedger(site, now=time.time, holder=this_process(), liveness=liveness)
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


def race(site: Path, processes: int, wins: int, within_s: float) -> list[int]:
    """Let so many processes take the lease so often each; return their exit codes."""
    argv = [sys.executable, "-c", _RACER, str(site), str(wins)]
    with ExitStack() as stack:
        racers = [stack.enter_context(subprocess.Popen(argv)) for _ in range(processes)]
        return [racer.wait(timeout=within_s) for racer in racers]
