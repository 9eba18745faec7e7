"""What faults cost, from the measures that a gate's run left beside its report. Pure, but for the reading."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pipeline.core.promotion import Promotion

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
_NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one run: seconds, counts, and what the suite said of it."""

    name: str
    target: str
    proof: str
    longest_gap_s: float
    budget_s: float
    errors: int
    lost: int
    acknowledged: int
    recovered_after_s: float | None
    verdict: str

    def row(self) -> tuple[str, ...]:
        """The cells under HEADER."""
        back = self.recovered_after_s
        return (
            self.name,
            self.target,
            self.proof,
            f"{self.longest_gap_s:.2f}s",
            f"{self.budget_s:.2f}s",
            str(self.errors),
            f"{self.lost} of {self.acknowledged}",
            _NOTHING if back is None else f"{back:.2f}s",
            self.verdict,
        )

    def data(self) -> dict[str, object]:
        """As JSON data."""
        return {name: getattr(self, name) for name in self.__slots__}


def faults_of(promotion: Promotion, site: Path) -> tuple[Fault, ...]:
    """The faults of all gates of a promotion."""
    directories = promotion.directories.values()
    return tuple(fault for directory in directories for fault in faults_in(site / directory))


def faults_in(directory: Path) -> tuple[Fault, ...]:
    """The faults of a gate's directory, in the order of their making; what can't be read is left out."""
    found = []
    for path in directory.glob("traces/*/measures.json"):
        try:
            document: dict[str, Any] = json.loads(path.read_bytes())
            found.append((float(document["injected"]), _fault(document)))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return tuple(fault for _, fault in sorted(found, key=lambda pair: pair[0]))


def spread(faults: Iterable[Fault]) -> list[tuple[str, ...]]:
    """A row under SPREAD for each fault that was made several times: flakes are counted, not retried away."""
    by_name: dict[str, list[Fault]] = {}
    for fault in faults:
        by_name.setdefault(fault.name, []).append(fault)
    return [_spread(name, runs) for name, runs in by_name.items()]


def _spread(name: str, runs: Sequence[Fault]) -> tuple[str, ...]:
    gaps = [run.longest_gap_s for run in runs]
    verdicts = [run.verdict for run in runs]
    return (
        name,
        str(len(runs)),
        *(str(verdicts.count(verdict)) for verdict in ("passed", "failed", "inconclusive")),
        f"{min(gaps):.2f}s",
        f"{statistics.median(gaps):.2f}s",
        f"{max(gaps):.2f}s",
        f"{max(run.budget_s for run in runs):.2f}s",
        f"{sum(run.lost for run in runs)} of {sum(run.acknowledged for run in runs)}",
    )


def _fault(document: dict[str, Any]) -> Fault:
    back = document["recovered_after_s"]
    return Fault(
        name=str(document["fault"]),
        target=str(document["target"]),
        proof=str(document["proof"]),
        longest_gap_s=float(document["longest_gap_s"]),
        budget_s=float(document["budget_s"]),
        errors=int(document["errors"]),
        lost=int(document["lost"]),
        acknowledged=int(document["acknowledged"]),
        recovered_after_s=None if back is None else float(back),
        verdict=str(document["verdict"]),
    )
