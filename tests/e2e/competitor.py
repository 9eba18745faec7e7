"""Somebody else's work on the machine: one core kept busy, as by a neighbour of whom nobody knows."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

WITH_ITS_PARENT = ("setpriv", "--pdeathsig", "KILL", "--")


@contextmanager
def one_core_busy(at_most_s: float) -> Iterator[None]:
    """Keep one core busy while inside. It stops by itself after `at_most_s` seconds, which fails."""
    argv = ("stress-ng", "--cpu", "1", "--timeout", f"{at_most_s:.0f}s", "--quiet")
    with subprocess.Popen((*WITH_ITS_PARENT, *argv), stdin=subprocess.DEVNULL) as process:
        try:
            yield
            assert process.poll() is None, "the machine was not busy all the time"
        finally:
            process.terminate()
