"""A trap that ends the engine like kill -9 would: at one chosen call, and nothing works afterwards."""

import threading
from dataclasses import dataclass, field


class Crash(BaseException):
    """The process is gone. No handler for ordinary errors may catch it."""


@dataclass(slots=True)
class Trap:
    """Counts the calls that fakes make through it.

    The call numbered `at` (from 0) crashes, and so does every later
    one, since a dead process does nothing more. `seen` are the names of the calls so far.
    """

    at: int | None = None
    seen: list[str] = field(default_factory=list)
    sprung: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pass_(self, name: str) -> None:
        """Go on, or raise Crash."""
        with self._lock:
            if self.sprung or len(self.seen) == self.at:
                self.sprung = True
                raise Crash(name)
            self.seen.append(name)
