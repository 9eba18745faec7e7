"""The lock of this machine's image store, for all sites."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = Path("/run/stagegate-images.lock")


@contextmanager
def turn(say: Callable[[str], None], lock: Path = LOCK) -> Iterator[None]:
    """Lock the store while images are built or removed; if another run holds it, report that and wait.

    So two sites that need the same image build it once, and no clean-up interferes with a build. The kernel
    releases the lock when its holder dies.
    """
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another run on this machine that builds or removes images")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
