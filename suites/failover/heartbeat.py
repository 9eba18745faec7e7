"""Whether this machine itself stood still: what was measured meanwhile says nothing of the stage."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

BEAT_S = 0.1
# Less is what a busy machine does to any process, and is not worth keeping.
LATE_S = 0.1


@dataclass(frozen=True, slots=True)
class Stall:
    """From `begin` to `end` a thread that was due did not run."""

    begin: float
    end: float


@dataclass(slots=True)
class Heartbeat:
    """A thread that wants to run ten times a second, and notes when it could not."""

    clock: Callable[[], float] = time.monotonic
    stalls: list[Stall] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin to beat."""
        self.thread = threading.Thread(target=self.beat, args=(self.over.wait,), daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        """Stop beating."""
        self.over.set()
        if self.thread is not None:
            self.thread.join()

    def beat(self, wait: Callable[[float], bool]) -> None:
        """Beat until `wait(seconds)`, which sleeps, says that it is over."""
        due = self.clock() + BEAT_S
        while not wait(max(0.0, due - self.clock())):
            now = self.clock()
            if now - due > LATE_S:
                self.stalls.append(Stall(due, now))
            due = now + BEAT_S


def longest(stalls: Iterable[Stall], begin: float, end: float) -> float:
    """Return for how many seconds at a stretch, at most, the machine stood still in a span of time."""
    within = (min(one.end, end) - max(one.begin, begin) for one in stalls)
    return max(0.0, *within, 0.0)
