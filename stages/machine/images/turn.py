"""One at a time in this machine's image store, whichever site asks."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = Path("/run/stagegate-images.lock")


@contextmanager
def turn(say: Callable[[str], None], lock: Path = LOCK) -> Iterator[None]:
    """Hold the store while images are built or dropped; waits for another build, and says so.

    Two sites that need the same image then build it once, and no clean-up meets a build under way. The
    kernel gives the turn back when its holder dies.
    """
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another run on this machine that builds or removes images")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
