"""`python -m suites.failover.analysis FILE…` measures published traces and prints the measures as JSON.

Exits 0 if every file was measured, 2 if one could not be parsed (then stdout stays empty).
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from suites.errors import SuitesError
from suites.failover.analysis.measures import Measures
from suites.failover.analysis.measuring import measure
from suites.failover.analysis.published import PublishedRun, read_published

UNUSABLE = 2
DIGITS = 4  # as many as a published trace has
USAGE = "usage: python -m suites.failover.analysis FILE…   (traces of published runs; prints JSON)"


def main(arguments: Sequence[str]) -> int:
    """Measure the files; return the exit code."""
    if not arguments or any(argument.startswith("-") for argument in arguments):
        wants_help = any(argument in ("-h", "--help") for argument in arguments)
        sys.stderr.write(f"{USAGE}\n")
        return 0 if wants_help else UNUSABLE
    try:
        runs = [
            {"file": Path(name).name, **_measured(run)}
            for name in arguments
            for run in read_published(Path(name))
        ]
    except SuitesError as error:
        sys.stderr.write(f"{error}\n")
        return UNUSABLE
    sys.stdout.write(json.dumps({"runs": runs}, indent=1) + "\n")
    return 0


def _measured(run: PublishedRun) -> dict[str, object]:
    return {
        "scenario": run.scenario,
        "fault": run.fault,
        "fault_at_s": run.window.fault,
        **document(measure(run.trace, run.window)),
    }


def document(measures: Measures) -> dict[str, object]:
    """Return measures as JSON values, rounded."""
    whole = asdict(measures) | {"times_baseline": measures.times_baseline}
    return {key: _rounded(value) for key, value in whole.items() if key != "exceeded"}


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
