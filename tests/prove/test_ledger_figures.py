"""What questions cost with years of work in the ledger; writes docs/performance.md.

Figures are of one machine and one run, told with both; nothing here passes or fails by a time.
"""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from checkout import REPOSITORY
from many_promotions import WHO, write
from page import table, write_chapter
from racers import race

from pipeline.adapters.ledger_sqlite import SqliteLedger
from pipeline.core import events as ev
from pipeline.core.leases import Liveness
from pipeline.testing.ledger import holder

pytestmark = [pytest.mark.prove, pytest.mark.timeout(7200)]

# Fewer for a quick look: STAGEGATE_PROVE_PROMOTIONS=1000
PROMOTIONS = int(os.environ.get("STAGEGATE_PROVE_PROMOTIONS", "10000"))
CALLS = 9
QUESTIONS = (
    ("status",),
    ("why", "--stage", "prod"),
    ("why", "--stage", "prod", "--release", "r7"),
    ("history", "--limit", "20"),
    ("show",),
)


@dataclass(frozen=True)
class Cost:
    """Seconds of the wall clock, and of CPU."""

    wall: float
    cpu: float


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A directory for some hundred megabytes, which /tmp may not have."""
    with TemporaryDirectory(dir="/var/tmp") as path:
        yield Path(path)


def used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def ask(folder: Path, site: str, *argv: str) -> Cost:
    """Run `promote`, as installed: with compiled Python, and no terminal."""
    return python(folder, "-m", "pipeline.cli", *argv, "--site", str(folder / site))


def python(folder: Path, *argv: str) -> Cost:
    """Run Python, as `promote` is run."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": str(REPOSITORY), "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    began, cpu = time.monotonic(), used()
    command = [sys.executable, *argv]
    subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)
    return Cost(time.monotonic() - began, used() - cpu)


def appended(site: Path) -> Cost:
    """One append of one event, in this process."""
    ledger = SqliteLedger(site, now=time.time, holder=holder(1), liveness=lambda _who: Liveness.GONE)
    began, cpu = time.monotonic(), time.process_time()
    ledger.append([ev.HoldPlaced("dev", "a figure", WHO)])
    return Cost(time.monotonic() - began, time.process_time() - cpu)


def row(what: str, measure: Callable[[], Cost], times: int = CALLS) -> tuple[str, str, str, str]:
    costs = [measure() for _ in range(times)]
    walls, cpus = ([getattr(cost, part) * 1000 for cost in costs] for part in ("wall", "cpu"))
    return what, f"{statistics.median(walls):.0f}", f"{max(walls):.0f}", f"{statistics.median(cpus):.0f}"


def megabytes(*files: Path) -> str:
    return f"{sum(file.stat().st_size for file in files) / 2**20:.0f} MB"


def test_questions_about_many_promotions(folder: Path) -> None:
    site = folder / "many"
    events = write(site, PROMOTIONS)
    ask(folder, "none", "status")  # compiles
    header = ("what", "wall, median (ms)", "wall, most (ms)", "CPU, median (ms)")
    first = row(
        "the first `promote status`, which folds all events", lambda: ask(folder, "many", "status"), 1
    )
    assert list((site / "snapshots").iterdir())
    rows = [
        row(f"`promote {' '.join(argv)}`", lambda argv=argv: ask(folder, "many", *argv)) for argv in QUESTIONS
    ]
    write(folder / "empty", 0)
    rows += [
        row("`promote status` of a ledger with a line alone", lambda: ask(folder, "empty", "status")),
        row("`promote status` of a site without a ledger", lambda: ask(folder, "none", "status")),
        row("`promote --help`, to compare with", lambda: python(folder, "-m", "pipeline.cli", "--help")),
        row("`python -c pass`, to compare with", lambda: python(folder, "-c", "pass")),
    ]
    rows.append(first)
    rows.append(row("`promote ledger verify`", lambda: ask(folder, "many", "ledger", "verify"), 1))
    rows.append(row("one append", lambda: appended(site), 50))
    rows.append(row("one append to a new ledger", lambda: appended(folder / "new"), 50))
    write_chapter(
        f"A ledger of {PROMOTIONS} promotions",
        f"{events} events: 60 steps a promotion. Each question is a process of its own. The ledger has "
        f"{megabytes(site / 'ledger.sqlite')}, the snapshot {megabytes(*(site / 'snapshots').iterdir())}.\n",
        table(header, rows),
    )


def test_eight_processes_race_for_one_stage(folder: Path) -> None:
    began = time.monotonic()
    assert race(folder / "race", processes=8, wins=200, within_s=3600) == [0] * 8
    seconds = time.monotonic() - began

    ledger = SqliteLedger(
        folder / "race", now=time.time, holder=holder(1), liveness=lambda _who: Liveness.GONE
    )
    taken = [record.event for record in ledger.read() if isinstance(record.event, ev.LeaseTaken)]
    assert [event.token for event in taken] == list(range(1, 1601))
    write_chapter(
        "Eight processes race for one stage, 200 times each",
        f"1600 leases, one at a time, in {seconds:.0f} s.\n",
    )
