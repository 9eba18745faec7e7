"""The run of a gate: pytest in this process, its output in a file, its checks as JSON lines on stdout."""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TextIO

import pytest

from suites.harness.ending import ended_by_sigterm
from suites.harness.layout import DISTURBING
from suites.harness.leased import Leased
from suites.harness.precedence import precedence
from suites.harness.recorder import Recorder
from suites.harness.reliance import reliance
from suites.harness.relying import Relying
from suites.seam.lease import Lease
from suites.seam.report import PROTOCOL, Check, Report, write_report
from suites.seam.roster import Entry, unseen

STDOUT = 1
# By gate, the gate whose checks it makes once more.
AGAIN = {"final": "smoke"}
# Not attachments of the report: the roster, which evidence is judged by, and the report itself.
NO_EVIDENCE = ("roster.json", "report.json")


@dataclass(frozen=True, slots=True)
class GateRun:
    """What to run, on what, where the evidence goes, and the lease of the run that started it, if one did.

    `suites` is the folder that holds conftest.py. If `partial`, only the checks of the roster are run, on all
    hosts.
    """

    gate: str
    suites: Path
    target: Path
    roster: frozenset[Entry]
    into: Path
    lease: Lease | None = None
    partial: bool = False


def run_gate(run: GateRun, clock: Callable[[], datetime]) -> bool:
    """Run a gate; return whether its session completed.

    Each check is written to stdout as a JSON line when its outcome is known, and so is the progress of long
    checks. By then `report.json` holds the check, so a failure is recorded however the run ends.
    If the session completes, a result line comes last, and the report is complete and lists all other files
    of its directory as attachments: `output.log`, `junit.xml`, and the checks' files. SIGTERM ends the run
    like Ctrl-C: fixtures clean up, and the report stays partial. Raises OSError.
    """
    run.into.mkdir(parents=True, exist_ok=True)
    started = clock()
    with _stdout_into(run.into / "output.log") as lines, ended_by_sigterm(), precedence():

        def report(*, complete: bool = False, attachments: tuple[Path, ...] = ()) -> None:
            parts = (recorder.known, attachments, complete, relying.known)
            write_report(Report(run.gate, started, clock(), *parts), run.into)

        def ended(check: Check) -> None:
            report()
            _emit(lines, _line(check))

        def progress(message: str, host: str | None = None) -> None:
            _emit(lines, {"event": "progress", "message": message, "host": host})

        recorder = Recorder(ended, progress)
        relying = Relying(partial(reliance, run.suites, run.gate), progress)
        report()  # replaces one that an earlier attempt left
        status = pytest.main(_arguments(run), plugins=[recorder, relying, Leased(run.lease)])
        sys.stdout.flush()
        report(complete=recorder.whole, attachments=_evidence(run.into))
        if not recorder.whole:
            sys.stderr.write(
                f"the {run.gate} gate did not end whole (pytest: {_named(status)}); its report is partial\n"
                f"  next: read {run.into / 'output.log'}\n"
            )
            return False
        _summarise(run, recorder.checks)
        _emit(lines, {"event": "result", "protocol": PROTOCOL})
    return True


def _evidence(into: Path) -> tuple[Path, ...]:
    files = (path for path in sorted(into.rglob("*")) if path.is_file())
    return tuple(path for path in files if path.name not in NO_EVIDENCE)


def _arguments(run: GateRun) -> list[str]:
    code = run.suites.parent
    # A disturbing gate runs only the checks of its roster, too: no fault is made that was not asked for.
    chosen = run.partial or run.gate in DISTURBING or run.gate in AGAIN
    asked = run.roster if chosen else frozenset()
    return [
        *sorted({f"--only={entry.component}/{entry.check}" for entry in asked}),
        str(run.suites),
        f"--rootdir={code}",
        f"--confcutdir={run.suites}",
        "-c",
        str(run.suites / "pytest.ini"),
        "-m",
        " or ".join([run.gate, *([AGAIN[run.gate]] if run.gate in AGAIN else [])]),
        "--continue-on-collection-errors",
        "--target",
        str(run.target),
        f"--into={run.into}",
        f"--junit-xml={run.into / 'junit.xml'}",
        "-v",
    ]


@contextmanager
def _stdout_into(log: Path) -> Iterator[TextIO]:
    """Redirect the stdout of this process and its children to a file; yield the original stdout."""
    sys.stdout.flush()
    real = os.dup(STDOUT)
    replaced = sys.stdout
    with log.open("wb") as file:
        os.dup2(file.fileno(), STDOUT)
    # Line-buffered, so that the log has what pytest printed before it was killed.
    sys.stdout = open(STDOUT, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115 - a descriptor
    try:
        with open(real, "w", encoding="utf-8", buffering=1) as lines:  # noqa: PTH123 - a descriptor has no path
            try:
                yield lines
            finally:
                sys.stdout.flush()
                os.dup2(real, STDOUT)
    finally:
        sys.stdout = replaced


def _emit(lines: TextIO, document: dict[str, object]) -> None:
    lines.write(json.dumps(document) + "\n")
    lines.flush()


def _line(check: Check) -> dict[str, object]:
    document = check.to_json()
    return {"event": "check"} | {
        key: document[key] for key in ("component", "host", "check", "outcome", "seen", "retakes")
    }


def _summarise(run: GateRun, checks: list[Check]) -> None:
    counts = Counter(check.outcome.value for check in checks)
    text = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "no check"
    sys.stderr.write(f"{run.gate}: {text}\n")
    for entry in unseen(run.roster, (Entry(check.component, check.host, check.check) for check in checks)):
        sys.stderr.write(f"{run.gate}: in the roster, but not seen: {entry}\n")


def _named(status: int | pytest.ExitCode) -> str:
    try:
        return pytest.ExitCode(status).name.lower().replace("_", " ")
    except ValueError:
        return f"exit {status}"
