"""A trace's file that is still being written: read on from where the last reading ended."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

from suites.probes.trace import Request, RequestOutcome, Trace, read_trace


@dataclass(slots=True)
class Tail:
    """All requests of a file so far. Reads only what was added since it was asked before."""

    path: Path
    offset: int = 0
    head: Trace | None = None
    requests: list[Request] = field(default_factory=list)

    def trace(self) -> Trace:
        """Return the trace as far as it is written. Raises TraceUnusable, and OSError."""
        if self.head is None:
            whole = read_trace(self.path)
            self.head = replace(whole, requests=())
        with self.path.open("rb") as file:
            file.seek(self.offset)
            added = file.read()
        added = added[: added.rfind(b"\n") + 1]
        lines = added.splitlines()
        # The header is the first line of the file.
        self.requests += [_request(line) for line in (lines[1:] if self.offset == 0 else lines)]
        self.offset += len(added)
        return replace(self.head, requests=tuple(self.requests))


def _request(line: bytes) -> Request:
    document = json.loads(line)
    return Request(**(document | {"outcome": RequestOutcome(document["outcome"])}))
