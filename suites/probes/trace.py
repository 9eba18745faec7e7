"""The trace of a probe: every request it made, in JSON lines, first line the header.

All times are seconds of one monotonic clock of this machine, so that traces of several probes and the marks
of a fault lie on one axis. A probe appends a line as a request ends: what was recorded before a crash counts.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Literal

from suites.errors import TraceUnusable

Connection = Literal["kept", "new"]


class RequestOutcome(Enum):
    """How a request ended for the client that made it."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Request:
    """One request: when it was due, when it was sent, when it ended, and how.

    `by` names who answered, where that is known; `key` the row that a write would leave behind.
    """

    due: float
    start: float
    end: float
    outcome: RequestOutcome
    by: str | None = None
    error: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """What one probe saw from `started` until `until`; `rate` is requests a second that were due.

    `requests` are in the order in which they ended, as the file has them. `wall_started` is RFC 3339.
    """

    probe: str
    kind: str
    connection: Connection
    rate: float
    timeout_s: float
    started: float
    until: float
    requests: tuple[Request, ...] = ()
    wall_started: str | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """What is judged of a trace: the baseline from `begin` to `fault`, the rest to `end`.

    `undone` is the moment in between at which the fault was taken back, where that is of interest.
    """

    begin: float
    fault: float
    end: float
    undone: float | None = None

    def __post_init__(self) -> None:
        undone = self.fault if self.undone is None else self.undone
        if not self.begin <= self.fault <= undone <= self.end:
            raise ValueError(f"a window runs from begin to fault to end, not {self}")


def header_line(trace: Trace) -> str:
    """Return the first line of a trace's file, with its newline; the requests are not looked at."""
    return _line(
        {
            "probe": trace.probe,
            "kind": trace.kind,
            "connection": trace.connection,
            "rate": trace.rate,
            "timeout_s": trace.timeout_s,
            "started": trace.started,
            "wall_started": trace.wall_started,
            "until": trace.until,
        }
    )


def request_line(request: Request) -> str:
    """Return the line that a probe appends when a request has ended, with its newline."""
    return _line(
        {
            "due": request.due,
            "start": request.start,
            "end": request.end,
            "outcome": request.outcome.value,
            "by": request.by,
            "error": request.error,
            "key": request.key,
        }
    )


def write_trace(trace: Trace, path: Path) -> None:
    """Write a whole trace. Raises OSError."""
    text = header_line(trace) + "".join(map(request_line, trace.requests))
    path.write_text(text, encoding="utf-8")


def read_trace(path: Path) -> Trace:
    """Read a trace.

    A last line without its newline is left out: the probe was killed while it wrote it. Raises
    TraceUnusable, which names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TraceUnusable("the trace can't be read", where=str(path), why=str(error)) from None
    whole = text[: text.rfind("\n") + 1].splitlines()
    if not whole:
        raise TraceUnusable("the trace has no header", where=str(path), why="the probe never started")
    header = _read(path, 1, whole[0])
    try:
        return Trace(
            probe=_text(header, "probe"),
            kind=_text(header, "kind"),
            connection="kept" if _one_of(header, "connection", ("kept", "new")) == "kept" else "new",
            rate=_number(header, "rate"),
            timeout_s=_number(header, "timeout_s"),
            started=_number(header, "started"),
            until=_number(header, "until"),
            requests=tuple(_request(path, number, line) for number, line in enumerate(whole[1:], 2)),
            wall_started=_optional(header, "wall_started"),
        )
    except ValueError as error:
        raise TraceUnusable("the header is not understood", where=f"{path}:1", why=str(error)) from None


def _request(path: Path, number: int, line: str) -> Request:
    document = _read(path, number, line)
    try:
        return Request(
            due=_number(document, "due"),
            start=_number(document, "start"),
            end=_number(document, "end"),
            outcome=RequestOutcome(document.get("outcome")),
            by=_optional(document, "by"),
            error=_optional(document, "error"),
            key=_optional(document, "key"),
        )
    except ValueError as error:
        raise TraceUnusable("a request is not understood", where=f"{path}:{number}", why=str(error)) from None


def _line(document: Mapping[str, object]) -> str:
    return json.dumps(document, separators=(",", ":")) + "\n"


def _read(path: Path, number: int, line: str) -> Mapping[str, object]:
    try:
        document = json.loads(line)
    except ValueError as error:
        raise TraceUnusable("a line is no JSON", where=f"{path}:{number}", why=str(error)) from None
    if not isinstance(document, dict):
        raise TraceUnusable("a line is no JSON object", where=f"{path}:{number}")
    return document


def _number(document: Mapping[str, object], key: str) -> float:
    value = document.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{key} must be a number, not {value!r}")
    return float(value)


def _text(document: Mapping[str, object], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key} must be a text, not {value!r}")  # noqa: TRY004 - one error for what a line lacks
    return value


def _optional(document: Mapping[str, object], key: str) -> str | None:
    return None if document.get(key) is None else _text(document, key)


def _one_of(document: Mapping[str, object], key: str, allowed: tuple[str, ...]) -> str:
    value = _text(document, key)
    if value not in allowed:
        raise ValueError(f"{key} must be one of {', '.join(allowed)}, not {value}")
    return value
