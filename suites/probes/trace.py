"""The trace of a probe: every request it made, as JSON lines; the first line is the header.

All times are seconds of this machine's monotonic clock, so that the traces of several probes and the marks of
a fault share one axis. A probe appends a line when a request ends, so what precedes a crash still counts.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import FiniteFloat, TypeAdapter, ValidationError

from suites.errors import TraceUnusable

Connection = Literal["kept", "new"]
T = TypeVar("T")
ANSWERED = (
    "answered after"  # how the error of a request begins whose answer came after its client's time limit
)


class RequestOutcome(Enum):
    """How a request ended for the client that made it."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Request:
    """One request: when it was due, when it was sent, when it ended, and how.

    `by` names who answered, if known; `key` is what a write would leave behind.
    """

    due: FiniteFloat
    start: FiniteFloat
    end: FiniteFloat
    outcome: RequestOutcome
    by: str | None = None
    error: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """What one probe saw from `started` until `until`; `rate` is how many requests were due per second.

    `requests` are in the order in which they ended, as the file has them. `wall_started` is RFC 3339.
    """

    probe: str
    kind: str
    connection: Connection
    rate: FiniteFloat
    timeout_s: FiniteFloat
    started: FiniteFloat
    until: FiniteFloat
    requests: tuple[Request, ...] = ()
    wall_started: str | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a trace that is judged: the baseline from `begin` to `fault`, the rest to `end`.

    `undone` is the moment in between at which the fault was undone, if that matters.
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
    """Return the first line of a trace's file, with its newline; requests are left out."""
    document = asdict(replace(trace, requests=()))
    return _line({key: value for key, value in document.items() if key != "requests"})


def request_line(request: Request) -> str:
    """Return the line that a probe appends when a request has ended, with its newline."""
    return _line(asdict(request) | {"outcome": request.outcome.value})


def write_trace(trace: Trace, path: Path) -> None:
    """Write a whole trace. Raises OSError."""
    text = header_line(trace) + "".join(map(request_line, trace.requests))
    path.write_text(text, encoding="utf-8")


@dataclass(slots=True)
class Tail:
    """A trace file that is still being written; each reading continues where the last one ended."""

    path: Path
    offset: int = 0
    number: int = 0
    head: Trace | None = None
    requests: list[Request] = field(default_factory=list)

    def trace(self) -> Trace:
        """Return the trace as far as it is written. Raises TraceUnusable, which names the line.

        A last line without a newline is left out: it is still being written, or the probe was killed.
        """
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                added = file.read()
        except OSError as error:
            why = error.strerror or repr(error)
            raise TraceUnusable("the trace can't be read", where=str(self.path), why=why) from None
        for line in added[: added.rfind(b"\n") + 1].splitlines(keepends=True):
            if self.head is None:
                self.head = self._read(_TRACE, line, "the header")
            else:
                self.requests.append(self._read(_REQUEST, line, "a request"))
            self.offset += len(line)
            self.number += 1
        if self.head is None:
            raise TraceUnusable(
                "the trace has no header", where=str(self.path), why="the probe never started"
            )
        return replace(self.head, requests=tuple(self.requests))

    def _read(self, kind: TypeAdapter[T], line: bytes, what: str) -> T:
        try:
            return kind.validate_json(line, strict=True)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            why = ": ".join([*map(str, first["loc"]), first["msg"]])
            where = f"{self.path}:{self.number + 1}"
            raise TraceUnusable(f"{what} can't be parsed", where=where, why=why) from None


_REQUEST, _TRACE = TypeAdapter(Request), TypeAdapter(Trace)


def _line(document: Mapping[str, object]) -> str:
    return json.dumps(document, separators=(",", ":")) + "\n"
