"""The report of a gate: what was checked where and what was seen; partial until the session ended whole."""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from pathlib import Path

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
    """A measurement that did not come about and was taken again: why, and where its evidence lies.

    `evidence` is a path within the gate's directory.
    """

    why: str
    evidence: str


@dataclass(frozen=True, slots=True)
class FaultCost:
    """What one fault cost clients: the worst of all probes, in seconds, and what was lost of all they wrote.

    One that came to no judgement has neither gap nor budget. `retaken` is one that could not be measured, and
    was made once more.
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
    """An ended check; `test` is its pytest node id, `seen` one line, `seconds` all its phases together.

    `retakes` are the measurements that were taken again before it ended, `faults` what the faults cost that
    it made, in their order.
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
        """Return it as the report holds it."""
        return _plain(self) | {
            "outcome": self.outcome.value,
            "seconds": round(self.seconds, 3),
            "retakes": [_plain(one) for one in self.retakes],
            "faults": [_plain(one) for one in self.faults],
        }


def _plain(value: Retake | FaultCost | Check) -> dict[str, object]:
    # Not asdict, which copies deeply: a partial report holds all checks again after each.
    return {field.name: getattr(value, field.name) for field in fields(value)}


def one_line(text: str) -> str:
    """Return a text as one printable line of bounded length."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= SEEN_LIMIT else f"{line[: SEEN_LIMIT - 1]}…"


@dataclass(frozen=True, slots=True)
class Report:
    """A gate's session: whole when `complete`, else the checks that had ended by `ended`.

    `attachments` are files of the directory that the report goes to.
    """

    gate: str
    started: datetime
    ended: datetime
    checks: tuple[Check, ...]
    attachments: tuple[Path, ...] = ()
    complete: bool = False

    def to_json(self, into: Path) -> dict[str, object]:
        """Return the document. Raises OSError when an attachment can't be read."""
        return {
            "protocol": PROTOCOL,
            "gate": self.gate,
            "started": self.started.isoformat(),
            "ended": self.ended.isoformat(),
            "complete": self.complete,
            "checks": [check.to_json() for check in self.checks],
            "attachments": [
                {"path": str(path.relative_to(into)), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
                for path in self.attachments
            ],
        }


def write_report(report: Report, into: Path) -> Path:
    """Write `report.json` into a directory, in place of an earlier one: whole, or not at all.

    A complete one is on the disk when this returns. A partial one, written as each check ends, survives the
    death of this process, and not that of the machine. Returns its path. Raises OSError.
    """
    # Unindented while partial: json's fast encoder knows no indentation, and this is done after every check.
    text = json.dumps(report.to_json(into), indent=1 if report.complete else None)
    path = into / "report.json"
    with tempfile.NamedTemporaryFile(
        "w", dir=into, prefix=".report-", delete=False, encoding="utf-8"
    ) as file:
        file.write(text)
        if report.complete:
            file.flush()
            os.fsync(file.fileno())
    Path(file.name).replace(path)
    if report.complete:
        _sync(into)
    return path


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
