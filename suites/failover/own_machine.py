"""The machine that measures: its own processes go first, and whether it stood still is noted."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

BEAT_S = 0.1
# Less is what a busy machine does to any process, and is not worth keeping.
LATE_S = 0.1
# The scheduler shares a busy core between sessions, not processes: sched(7), "The autogroup feature". The
# niceness of a session covers all processes of the gate; that of a process counts within its session only.
OWN = Path("/proc/self/autogroup")
NICENESS = -10  # ten times the share of a session, or of a process, at 0


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


@contextmanager
def precedence(autogroup: Path = OWN) -> Iterator[None]:
    """Raise the priority of this process's session until the end, then set it back.

    A process of the first session since the boot, such as a CI job that init itself started, is in no such
    group: its own niceness is raised, which what it starts from now on inherits. Nothing changes where the
    kernel has no autogroups or refuses: the heartbeat then tells how late the gate itself was.
    """
    set_back = _raised(autogroup)
    try:
        yield
    finally:
        set_back()


def _raised(autogroup: Path) -> Callable[[], object]:
    """Set NICENESS; return what sets it back."""
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
