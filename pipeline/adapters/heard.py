"""One call of a release's `stages`: the request, the result, and whether the result is valid."""

import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.errors import ChildCrashed, ProtocolNotSpoken

PROTOCOL = 1
LIMIT_S = 3600.0
_LAST_LINES, _LAST_BYTES = 20, 65536

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """A request: a verb of `stages`, and its document."""

    verb: str
    document: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Heard:
    """The result line of a call, if there was one; `broke` says why there is no valid one.

    `said` is what the child wrote to stderr during the call, `last` its last lines.
    """

    result: Line | None
    broke: str | None
    said: str = ""
    last: str = ""

    def believed(self, verb: str) -> Line:
        """The result. Raises ProtocolNotSpoken for another protocol, ChildCrashed without a result."""
        # First, because a release with another protocol may also crash, and this is the cause.
        if self.result is not None and self.result.get("protocol") != PROTOCOL:
            raise ProtocolNotSpoken(
                f"the release speaks protocol {self.result.get('protocol')!r}; this engine speaks {PROTOCOL}",
                next="use the promote of that release's own checkout",
            )
        if self.broke is not None or self.result is None:
            broke = self.broke or "ended without a result"
            raise ChildCrashed(f"`python -m stages {verb}` of the release {broke}", why=self.last)
        return self.result


def parsed(raw: bytes) -> Line | None:
    """The JSON object in a line; None for anything else."""
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None


def result_in(lines: Iterable[Line], progress: Callable[[Line], None]) -> Line | None:
    """The first result line, None if there is none; `progress` receives those of progress and points."""
    for line in lines:
        if line.get("event") == "result":
            return line
        if line.get("event") in {"progress", "point"}:
            progress(line)
    return None


def how_it_ended(status: int) -> str:
    """How a program ended, by its exit status: a phrase to follow its name."""
    return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"


def too_long(limit_s: float) -> str:
    """That a call exceeded its timeout: a phrase to follow a program's name."""
    return f"took longer than {limit_s:.0f} s and was terminated"


class Stderr:
    """A child's stderr. A file, not a pipe: a process that outlives the child could keep a pipe open."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the child, and has no name
        self._taken = 0
        self._lock = threading.Lock()

    def new(self) -> str:
        """The text written since the previous call."""
        with self._lock:
            text = self._read(self._taken)
            self._taken += len(text)
        return text.decode(errors="replace")

    def last(self) -> str:
        """The last lines, joined into one."""
        size = os.fstat(self.file.fileno()).st_size
        lines = self._read(max(0, size - _LAST_BYTES)).decode(errors="replace").splitlines()
        return " | ".join(line for line in lines[-_LAST_LINES:] if line)

    def close(self) -> None:
        """Close and delete the file."""
        self.file.close()

    def _read(self, offset: int) -> bytes:
        # pread, not seek: the child writes at the shared file offset.
        fileno = self.file.fileno()
        return os.pread(fileno, max(0, os.fstat(fileno).st_size - offset), offset)
