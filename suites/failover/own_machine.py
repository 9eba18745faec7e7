"""The measuring machine: records when it stalled."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Self

BEAT_S = 0.1
# A busy machine delays any process by up to this much: shorter delays are not recorded.
LATE_S = 0.1


@dataclass(frozen=True, slots=True)
class Stall:
    """A time from `begin` to `end` in which a thread that was due did not run."""

    begin: float
    end: float


@dataclass(slots=True)
class Heartbeat:
    """A thread that should run ten times a second, and records when it could not."""

    clock: Callable[[], float] = time.monotonic
    stalls: list[Stall] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin to beat."""
        self.thread = threading.Thread(target=self.beat, args=(self.over.wait,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop beating."""
        self.over.set()
        if self.thread is not None:
            self.thread.join()

    def beat(self, wait: Callable[[float], bool]) -> None:
        """Beat until `wait(seconds)`, which sleeps, returns True."""
        due = self.clock() + BEAT_S
        while not wait(max(0.0, due - self.clock())):
            now = self.clock()
            if now - due > LATE_S:
                self.stalls.append(Stall(due, now))
            due = now + BEAT_S


def longest(stalls: Iterable[Stall], begin: float, end: float) -> float:
    """Return the duration in seconds of the machine's longest stall between `begin` and `end`."""
    within = (min(one.end, end) - max(one.begin, begin) for one in stalls)
    return max(0.0, *within, 0.0)
