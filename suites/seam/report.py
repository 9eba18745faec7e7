"""The report of a gate: what was checked where, and what was seen; partial until the session completes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import Enum
from pathlib import Path

from suites.seam.files import replace_file

PROTOCOL = 1
SEEN_LIMIT = 400


class Outcome(Enum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    SKIPPED = "skipped"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Retake:
    """A measurement that failed and was repeated: why, and where its evidence is.

    `evidence` is a path within the gate's directory.
    """

    why: str
    evidence: str


@dataclass(frozen=True, slots=True)
class FaultCost:
    """What one fault cost clients: the worst of all probes, in seconds, and the writes lost by all of them.

    A fault that was not judged has neither gap nor budget. One with `retaken` could not be measured and was
    repeated.
    """

    fault: str
    retaken: bool
    target: str
    proof: str
    verdict: str
    longest_gap_s: float | None = None
    budget_s: float | None = None
    errors: int = 0
    recovered_after_s: float | None = None
    lost: int = 0
    acknowledged: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """A check that ended; `test` is its pytest node id, `seen` one line, `seconds` the sum of its phases.

    `retakes` are the measurements that were repeated before it ended; `faults` is the cost of each fault that
    it made, in order.
    """

    component: str
    host: str
    check: str
    outcome: Outcome
    test: str
    seen: str
    seconds: float
    retakes: tuple[Retake, ...] = ()
    faults: tuple[FaultCost, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return the check's entry in the report."""
        return _plain(self) | {
            "outcome": self.outcome.value,
            "seconds": round(self.seconds, 3),
            "retakes": [_plain(one) for one in self.retakes],
            "faults": [_plain(one) for one in self.faults],
        }


def _plain(value: Retake | FaultCost | Check) -> dict[str, object]:
    # Not asdict, which copies deeply: after each check, a partial report with all checks is written.
    return {one.name: getattr(value, one.name) for one in fields(value)}


def one_line(text: str) -> str:
    """Return a text as one printable line of bounded length."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= SEEN_LIMIT else f"{line[: SEEN_LIMIT - 1]}…"


@dataclass(frozen=True, slots=True)
class Report:
    """A gate's session: all of it if `complete`, else the checks that had ended by `ended`.

    `attachments` are files in the report's directory; `reliance` is what its checks rest on, as JSON data,
    empty until the checks are collected.
    """

    gate: str
    started: datetime
    ended: datetime
    checks: tuple[Check, ...]
    attachments: tuple[Path, ...] = ()
    complete: bool = False
    reliance: Mapping[str, object] = field(default_factory=dict)

    def to_json(self, into: Path) -> dict[str, object]:
        """Return the document. Raises OSError if an attachment can't be read."""
        return {
            "protocol": PROTOCOL,
            "gate": self.gate,
            "started": self.started.isoformat(),
            "ended": self.ended.isoformat(),
            "complete": self.complete,
            "reliance": dict(self.reliance),
            "checks": [check.to_json() for check in self.checks],
            "attachments": [
                {"path": str(path.relative_to(into)), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
                for path in self.attachments
            ],
        }


def write_report(report: Report, into: Path) -> None:
    """Write `report.json` into a directory, atomically replacing an earlier one.

    A complete report is on disk when this returns. A partial one, written as each check ends, survives a
    crash of this process, but not of the machine. Raises OSError.
    """
    # No indentation while partial: this runs after every check, and json's fast encoder can't indent.
    text = json.dumps(report.to_json(into), indent=1 if report.complete else None)
    replace_file(into / "report.json", text, durable=report.complete)
