"""The measuring machine: raises the gate's own priority, and records when the machine stalled."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

BEAT_S = 0.1
# A busy machine delays any process by up to this much: shorter delays are not recorded.
LATE_S = 0.1
# The scheduler shares a busy core between sessions, not processes: sched(7), "The autogroup feature". The
# niceness of a session covers all processes of the gate; that of a process counts only within its session.
OWN = Path("/proc/self/autogroup")
NICENESS = -10  # ten times the share of a session, or of a process, at 0


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


@contextmanager
def precedence(autogroup: Path = OWN) -> Iterator[None]:
    """Raise the priority of this process's session until the end of the block, then restore it.

    A process in the first session since boot, such as a CI job that init started, has no autogroup: its own
    priority is raised instead, which its later child processes inherit. If the kernel has no autogroups or
    refuses, nothing changes: the heartbeat then shows how late the gate itself was.
    """
    set_back = _raised(autogroup)
    try:
        yield
    finally:
        set_back()


def _raised(autogroup: Path) -> Callable[[], object]:
    """Set NICENESS, and return a function that restores the previous value."""
    try:
        words = autogroup.read_text().split()  # "/autogroup-57322 nice 0", or nothing
        if words:
            autogroup.write_text(str(NICENESS))
            return lambda: autogroup.write_text(words[-1])
        before = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    except OSError:
        return lambda: None
    return lambda: os.setpriority(os.PRIO_PROCESS, 0, before)
