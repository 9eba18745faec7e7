"""The report of a gate: what was checked where and what was seen; complete, or not there at all."""

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path

PROTOCOL = 1
SEEN_LIMIT = 400


class Outcome(Enum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Check:
    """An ended check; `test` is its pytest node id, `seen` one line, `seconds` all its phases together."""

    component: str
    host: str
    check: str
    outcome: Outcome
    test: str
    seen: str
    seconds: float

    def to_json(self) -> dict[str, object]:
        """Return it as the report holds it."""
        return asdict(self) | {"outcome": self.outcome.value, "seconds": round(self.seconds, 3)}


def one_line(text: str) -> str:
    """Return a text as one printable line of bounded length."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= SEEN_LIMIT else f"{line[: SEEN_LIMIT - 1]}…"


@dataclass(frozen=True, slots=True)
class Report:
    """A gate's session that ended whole; `attachments` are files of the directory that the report goes to."""

    gate: str
    started: datetime
    ended: datetime
    checks: tuple[Check, ...]
    attachments: tuple[Path, ...]

    def to_json(self, into: Path) -> dict[str, object]:
        """Return the document. Raises OSError when an attachment can't be read."""
        return {
            "protocol": PROTOCOL,
            "gate": self.gate,
            "started": self.started.isoformat(),
            "ended": self.ended.isoformat(),
            "complete": True,
            "checks": [check.to_json() for check in self.checks],
            "attachments": [
                {"path": str(path.relative_to(into)), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
                for path in self.attachments
            ],
        }


def write_report(report: Report, into: Path) -> Path:
    """Write `report.json` into a directory: whole, or not at all. Returns its path. Raises OSError."""
    document = report.to_json(into)
    path = into / "report.json"
    with tempfile.NamedTemporaryFile(
        "w", dir=into, prefix=".report-", delete=False, encoding="utf-8"
    ) as file:
        json.dump(document, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
    directory = os.open(into, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return path
