"""A gate goes first: its own session gets CPU time before others do while hosts are busy."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# The scheduler shares a busy core between sessions, not processes: sched(7), "The autogroup feature". The
# niceness of a session covers all processes of the gate; that of a process counts only within its session.
OWN = Path("/proc/self/autogroup")
NICENESS = -10  # ten times the share of a session, or of a process, at 0


@contextmanager
def precedence(autogroup: Path = OWN) -> Iterator[None]:
    """Raise the priority of this process's session until the end of the block, then restore it.

    A process in the first session since boot, such as a CI job that init started, has no autogroup: its own
    priority is raised instead, which its later child processes inherit. If the kernel has no autogroups or
    refuses, nothing changes: the failover gate's heartbeat then shows how late the gate itself was.
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
        # Another gate in this session raised it, and will restore it.
        if words and int(words[-1]) <= NICENESS:
            return lambda: None
        if words:
            autogroup.write_text(str(NICENESS))
            return lambda: autogroup.write_text(words[-1])
        before = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    except OSError:
        return lambda: None
    return lambda: os.setpriority(os.PRIO_PROCESS, 0, before)
