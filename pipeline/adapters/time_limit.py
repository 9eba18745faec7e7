"""A time limit of a child process."""

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.adapters.children import signal_group


@contextmanager
def time_limit(child: subprocess.Popen[bytes], limit_s: float) -> Iterator[threading.Event]:
    """Kill the child and its process group after `limit_s` seconds; the event is set if that happened."""
    too_late = threading.Event()

    def kill() -> None:
        too_late.set()
        signal_group(child.pid, signal.SIGKILL)

    limit = threading.Timer(limit_s, kill)
    limit.start()
    try:
        yield too_late
    finally:
        limit.cancel()
