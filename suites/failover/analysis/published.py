"""Published traces of OpenStack's reliability runs, each call reduced to its start, duration and success.

`{"scenario": …, "runs": [{"fault": …, "fault_at_s": …, "calls": [[started_s, duration_s, ok], …]}]}`. The
clients were closed loops (a call starts when the previous one has ended), so there is no rate to reach.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from suites.errors import TraceUnusable
from suites.probes.trace import Request, RequestOutcome, Trace, Window

NonNegativeFiniteFloat = Annotated[FiniteFloat, Field(ge=0)]


class _Run(BaseModel):
    model_config = ConfigDict(frozen=True)

    fault: str = ""
    fault_at_s: FiniteFloat
    calls: tuple[tuple[FiniteFloat, NonNegativeFiniteFloat, bool], ...] = Field(min_length=1)


class _Published(BaseModel):
    model_config = ConfigDict(frozen=True)

    scenario: str = ""
    columns: tuple[Literal["started_s"], Literal["duration_s"], Literal["ok"]] = (
        "started_s",
        "duration_s",
        "ok",
    )
    runs: tuple[_Run, ...]


@dataclass(frozen=True, slots=True)
class PublishedRun:
    """One run: its fault, if known, what its clients saw, and the window to measure."""

    scenario: str
    fault: str
    trace: Trace
    window: Window


def read_published(path: Path) -> tuple[PublishedRun, ...]:
    """Read the runs of a file. The window ends with the last call. Raises TraceUnusable."""
    try:
        document = _Published.model_validate(json.loads(path.read_bytes()))
    except OSError as error:
        raise TraceUnusable("the trace can't be read", where=str(path), why=str(error.strerror)) from None
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        raise TraceUnusable("the trace has another shape", where=str(path), why="; ".join(problems)) from None
    except ValueError as error:
        raise TraceUnusable("the trace is not JSON", where=str(path), why=str(error)) from None
    return tuple(_run(document.scenario, run) for run in document.runs)


def _run(scenario: str, run: _Run) -> PublishedRun:
    requests = sorted(
        (
            Request(started, started, started + duration, RequestOutcome.OK if ok else RequestOutcome.ERROR)
            for started, duration, ok in run.calls
        ),
        key=lambda request: request.end,
    )
    # A fault outside the time of the calls extends the window to it.
    begin = min(run.fault_at_s, *(request.start for request in requests))
    end = max(run.fault_at_s, requests[-1].end)
    trace = Trace(
        probe=scenario,
        kind="published",
        connection="new",
        rate=0.0,
        timeout_s=0.0,
        started=begin,
        until=end,
        requests=tuple(requests),
    )
    return PublishedRun(scenario, run.fault, trace, Window(begin, run.fault_at_s, end))
