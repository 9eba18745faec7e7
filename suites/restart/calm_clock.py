"""A clock for time in which programs could run: time that a busy machine makes them wait proves nothing."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

PRESSURE = Path("/proc/pressure/cpu")
SLOWEST = 0.2  # of real time, so that every wait ends, whatever the machine does


@dataclass(slots=True)
class CalmClock:
    """A clock that slows down while something on the machine waits for a CPU. All values are seconds."""

    clock: Callable[[], float]
    stalled: Callable[[], float | None]
    calm: float = 0.0
    last: tuple[float, float | None] | None = field(default=None)

    def __call__(self) -> float:
        """Return the calm seconds since the first call."""
        now, waited = self.clock(), self.stalled()
        if self.last is not None:
            passed = now - self.last[0]
            told = waited is not None and self.last[1] is not None
            lost = (waited or 0.0) - (self.last[1] or 0.0) if told else passed
            self.calm += max(passed - lost, passed * SLOWEST)
        self.last = (now, waited)
        return self.calm


def stalled(pressure: Path = PRESSURE) -> float | None:
    """Return for how many seconds since boot something on this machine waited for a CPU.

    None if the kernel does not report it: a calm clock then runs at its slowest.
    """
    try:
        found = re.search(r"^some .*total=(\d+)", pressure.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) / 1e6 if found else None
