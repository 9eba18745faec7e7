"""What faults cost, from the report of a gate's run. Pure, except for reading files."""

import json
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.attempt import Attempt
from pipeline.core.codec import revive

HEADER = ("FAULT", "ON", "PROOF", "LONGEST GAP", "BUDGET", "ERRORS", "LOST", "RECOVERED", "VERDICT")
SPREAD = (
    "FAULT",
    "RUNS",
    "PASSED",
    "FAILED",
    "INCONCLUSIVE",
    "LEAST GAP",
    "MEDIAN",
    "MOST",
    "BUDGET",
    "LOST",
)
UNREADABLE = "unreadable"
NOTHING = "-"
_MALFORMED = (OSError, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one run: seconds, counts, and the suite's verdict.

    A fault that was not judged has neither gap nor budget. `retaken` says that its measurement failed and was
    repeated. The verdict UNREADABLE stands for a file that cannot be read: then `name` is the file's path,
    and `proof` the reason.
    """

    name: str
    target: str
    proof: str
    longest_gap_s: float | None
    budget_s: float | None
    errors: int
    lost: int
    acknowledged: int
    recovered_after_s: float | None
    verdict: str
    retaken: bool = False

    def row(self) -> tuple[str, ...]:
        """The cells under HEADER."""
        return (
            self.name,
            self.target,
            self.proof,
            seconds(self.longest_gap_s),
            seconds(self.budget_s),
            str(self.errors),
            f"{self.lost} of {self.acknowledged}",
            seconds(self.recovered_after_s),
            f"{self.verdict}, retaken" if self.retaken else self.verdict,
        )


def seconds(value: float | None) -> str:
    """A duration as a table cell."""
    return NOTHING if value is None else f"{value:.2f}s"


def faults_of(attempt: Attempt, site: Path) -> tuple[Fault, ...]:
    """The faults of all gates of an attempt."""
    directories = attempt.directories.values()
    return tuple(fault for directory in directories for fault in faults_in(site / directory))


def faults_in(directory: Path) -> tuple[Fault, ...]:
    """The faults in a gate's directory, in the order they were made.

    Without a report, and in reports of older releases, they are read from the files beside it, one per fault.
    """
    report = directory / "report.json"
    try:
        checks: list[dict[str, Any]] = json.loads(report.read_bytes())["checks"] if report.exists() else []
        if any("faults" in check for check in checks):
            return tuple(_fault(row) for check in checks for row in check["faults"])
    except _MALFORMED as error:
        return (_unreadable(report, error),)
    found = [_beside(path) for path in sorted(directory.glob("traces/*/measures.json"))]
    return tuple(fault for _, fault in sorted(found, key=lambda pair: pair[0]))


def _beside(path: Path) -> tuple[float, Fault]:
    """When the fault was made, and the fault; unreadable ones sort last."""
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
        return float(document["injected"]), _fault(document)
    except _MALFORMED as error:
        return math.inf, _unreadable(path, error)


def _unreadable(path: Path, error: Exception) -> Fault:
    return Fault(str(path), NOTHING, repr(error), None, None, 0, 0, 0, None, UNREADABLE)


def spread(faults: Iterable[Fault]) -> list[tuple[str, ...]]:
    """A row under SPREAD for each fault, over all its runs: flaky results are counted, not retried away."""
    by_name: dict[str, list[Fault]] = {}
    for fault in faults:
        by_name.setdefault(fault.name, []).append(fault)
    return [_spread(name, runs) for name, runs in by_name.items()]


def _spread(name: str, runs: Sequence[Fault]) -> tuple[str, ...]:
    gaps = [run.longest_gap_s for run in runs if run.longest_gap_s is not None]
    judged = [
        (run.longest_gap_s, run.budget_s) for run in runs if run.longest_gap_s is not None and run.budget_s
    ]
    # The budget depends on the probe: it is that of the run with the longest gap.
    most, budget = max(judged, default=(None, None))
    verdicts = ["inconclusive" if run.verdict == UNREADABLE else run.verdict for run in runs]
    return (
        name,
        str(len(runs)),
        *(str(verdicts.count(verdict)) for verdict in ("passed", "failed", "inconclusive")),
        seconds(min(gaps, default=None)),
        seconds(statistics.median(gaps) if gaps else None),
        seconds(most),
        seconds(budget),
        f"{sum(run.lost for run in runs)} of {sum(run.acknowledged for run in runs)}",
    )


def _fault(document: dict[str, Any]) -> Fault:
    found: Fault = revive(Fault, {**document, "name": document["fault"]})
    return found
