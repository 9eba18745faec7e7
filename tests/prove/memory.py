"""Memory in use on this machine, and the most of it while something happens."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LOOK_EVERY_S = 2.0


def used_megabytes() -> int:
    """All that is not available to programs that start now."""
    lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return (int(lines["MemTotal"].split()[0]) - int(lines["MemAvailable"].split()[0])) // 1024


@dataclass
class Most:
    """The most that was seen so far, in MB."""

    megabytes: int = 0

    def look(self) -> None:
        self.megabytes = max(self.megabytes, used_megabytes())


@contextmanager
def most_used() -> Iterator[Most]:
    """Look while inside, and at both ends."""
    most, over = Most(), threading.Event()

    def look() -> None:
        while not over.wait(LOOK_EVERY_S):
            most.look()

    thread = threading.Thread(target=look, daemon=True)
    most.look()
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()
        most.look()
