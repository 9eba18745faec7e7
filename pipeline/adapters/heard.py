"""One call of a release's `stages`: what is asked, what came of it, and what the engine may believe."""

import json
import os
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.errors import ChildCrashed, ProtocolNotSpoken

PROTOCOL = 1
LIMIT_S = 3600.0
_LAST_LINES, _LAST_BYTES = 20, 65536

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: a verb of `stages`, and its document."""

    verb: str
    document: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Heard:
    """The result line of a call, if there was one; `broke` says why there is none to believe.

    `said` is what the child wrote to stderr meanwhile, `last` its last words.
    """

    result: Line | None
    broke: str | None
    said: str = ""
    last: str = ""

    def believed(self, verb: str) -> Line:
        """The result. Raises ProtocolNotSpoken for another protocol, ChildCrashed without a result."""
        # Before the rest: a release that does not speak ours may well end badly, and this is why.
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
    """The object that a line of JSON holds; None for anything else."""
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None


def how_it_ended(status: int) -> str:
    """What an exit status says, to follow the name of a program."""
    return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"


def too_long(limit_s: float) -> str:
    """That a call was ended because of its time limit, to follow the name of a program."""
    return f"took longer than {limit_s:.0f} s and was terminated"


class Stderr:
    """Where a child's stderr goes. A file, not a pipe: what outlives the child could keep a pipe open."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the child, and has no name
        self._taken = 0
        self._lock = threading.Lock()

    def new(self) -> str:
        """What was written since this was asked before."""
        with self._lock:
            text = self._read(self._taken)
            self._taken += len(text)
        return text.decode(errors="replace")

    def last(self) -> str:
        """The last lines, as one."""
        size = os.fstat(self.file.fileno()).st_size
        lines = self._read(max(0, size - _LAST_BYTES)).decode(errors="replace").splitlines()
        return " | ".join(line for line in lines[-_LAST_LINES:] if line)

    def close(self) -> None:
        """Forget it."""
        self.file.close()

    def _read(self, offset: int) -> bytes:
        # Not by seek: the child writes where the shared position is.
        fileno = self.file.fileno()
        return os.pread(fileno, max(0, os.fstat(fileno).st_size - offset), offset)
