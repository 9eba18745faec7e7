"""A measurement that waits for what it measures says nothing of it: so the gate's own processes go first."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# The scheduler shares a busy core between sessions, not processes: sched(7), "The autogroup feature". The
# niceness of a session covers all processes of the gate; that of a process counts within its session only.
OWN = Path("/proc/self/autogroup")
NICENESS = -10  # ten times the share of a session, or of a process, at 0


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
