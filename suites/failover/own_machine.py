"""The measuring machine: records when it stalled.

A lab's hosts share its processors and its disk. A program that installs something beside the gate can keep
every flush waiting for a second, and a database or a quorum queue answers nobody until its log is flushed.
So each beat also flushes a few bytes.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Self

BEAT_S = 0.1
# A busy machine delays any process by up to this much: shorter delays are not recorded.
LATE_S = 0.1


@dataclass(frozen=True, slots=True)
class Stall:
    """A time from `begin` to `end` in which a thread that was due did not run, or waited for the disk."""

    begin: float
    end: float


def on_disk(folder: Path) -> AbstractContextManager[IO[bytes]]:
    """Return a file in `folder` that has no name, so that nothing is left of it."""
    return TemporaryFile(dir=folder, buffering=0)


def flush(file: IO[bytes]) -> None:
    """Write a few bytes at the file's beginning, and return once they are on the disk."""
    os.pwrite(file.fileno(), b"beat", 0)
    os.fdatasync(file.fileno())


@dataclass(slots=True)
class Heartbeat:
    """A thread that should run and `flush` ten times a second, and records when it could not."""

    flush: Callable[[], None]
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
            self.flush()
            now = self.clock()
            if now - due > LATE_S:
                self.stalls.append(Stall(due, now))
            due = now + BEAT_S


def longest(stalls: Iterable[Stall], begin: float, end: float) -> float:
    """Return the duration in seconds of the machine's longest stall between `begin` and `end`."""
    within = (min(one.end, end) - max(one.begin, begin) for one in stalls)
    return max(0.0, *within, 0.0)
