"""A lock on a file, which ends with its process: one works while others wait."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PAUSE_S = 0.1


@contextmanager
def locked(path: Path, within_s: float = float("inf")) -> Iterator[None]:
    """Hold the lock; the file and its folder are created if missing.

    Raises TimeoutError when another holds it for longer than `within_s` seconds.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("w") as handle:
        end = time.monotonic() + within_s
        while not _taken(handle.fileno()):
            if time.monotonic() >= end:
                raise TimeoutError(str(path))
            time.sleep(_PAUSE_S)
        yield


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
