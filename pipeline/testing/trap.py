"""A trap that ends the engine as kill -9 does: at one chosen call, after which nothing works."""

import threading
from dataclasses import dataclass, field


class Crash(BaseException):
    """The death of the process. Not an Exception, so handlers of ordinary errors don't catch it."""


@dataclass(slots=True)
class Trap:
    """Counts the calls that pass through it.

    The call numbered `at` (from 0) crashes, and so does every later one, since a dead process does nothing.
    `seen` are the names of the calls before that.
    """

    at: int | None = None
    seen: list[str] = field(default_factory=list)
    sprung: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pass_(self, name: str) -> None:
        """Count the call, or raise Crash."""
        with self._lock:
            if self.sprung or len(self.seen) == self.at:
                self.sprung = True
                raise Crash(name)
            self.seen.append(name)
