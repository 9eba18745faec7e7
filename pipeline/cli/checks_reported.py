"""The checks that the suites of a gate have reported, from the reports in its directories."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.attempt import Attempt
from pipeline.core.codec import revive
from pipeline.core.errors import UsageProblem


@dataclass(frozen=True, slots=True)
class Reported:
    """A check of a report; `seconds` is how long it took."""

    component: str
    host: str
    check: str
    outcome: str
    seen: str = ""
    seconds: float = 0.0


def reported(
    attempt: Attempt, gate: str, site: Path, damaged: Callable[[UsageProblem], None]
) -> tuple[Reported, ...]:
    """The checks of a gate that was judged, of its shards, too; without those whose evidence is gone.

    `gate` is its name as it is told and kept. A report that is damaged is left out, and `damaged` called.
    Raises OSError.
    """
    found: list[Reported] = []
    for path in _reports(attempt, gate, site):
        try:
            found += reported_in(path)
        except UsageProblem as problem:
            damaged(problem)
    return tuple(found)


def _reports(attempt: Attempt, gate: str, site: Path) -> Iterator[Path]:
    shards = (state.directory for state in attempt.shards.get(gate, ()) if state.report is not None)
    for directory in (*shards, attempt.directories.get(gate, "")):
        path = site / directory / "report.json"
        if directory and path.exists():
            yield path


def reported_in(path: Path) -> tuple[Reported, ...]:
    """The checks of one report. Raises UsageProblem if it is damaged, and OSError."""
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
        # What is null was not told, as for the verdict.
        rows = [{key: value for key, value in row.items() if value is not None} for row in document["checks"]]
        found: tuple[Reported, ...] = revive(tuple[Reported, ...], rows)
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise UsageProblem("a gate's report can't be read", where=str(path), why=repr(problem)) from None
    return found
