"""Scales that map seconds to pixels."""

import math
from dataclasses import dataclass

NICE = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class TimeScale:
    """Maps moments from `begin` to `end` (seconds) onto `width` pixels from `left`; clamps others."""

    begin: float
    end: float
    left: float
    width: float

    def x(self, moment: float) -> float:
        """Return the x coordinate of a moment."""
        part = (moment - self.begin) / ((self.end - self.begin) or 1.0)
        return round(self.left + self.width * min(1.0, max(0.0, part)), 1)

    def shows(self, moment: float) -> bool:
        """Return whether a moment is within the scale."""
        return self.begin <= moment <= self.end

    def ticks(self, zero: float, about: int = 14) -> list[float]:
        """Return about `about` round numbers of seconds, relative to `zero`, within the scale."""
        step = nice_step((self.end - self.begin) / about)
        first = math.ceil((self.begin - zero) / step - 1e-9)
        last = math.floor((self.end - zero) / step + 1e-9)
        return [round(number * step, 6) for number in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class LatencyScale:
    """Maps latencies (seconds) logarithmically onto `bottom` up to `top` (pixels; `top` is the smaller)."""

    least: float
    most: float
    top: float
    bottom: float

    def y(self, latency: float) -> float:
        """Return the y coordinate of a latency, clamped to the scale."""
        low, high = math.log10(self.least), math.log10(self.most)
        part = (math.log10(max(latency, self.least)) - low) / (high - low)
        return round(self.bottom - (self.bottom - self.top) * min(1.0, part), 1)

    def decades(self) -> list[float]:
        """Return the powers of ten from the least to the most."""
        low, high = round(math.log10(self.least)), round(math.log10(self.most))
        return [10.0**power for power in range(low, high + 1)]


def nice_step(least: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is not below a positive number."""
    power = 10.0 ** math.floor(math.log10(least)) if least > 0 else 1.0
    return next((nice * power for nice in NICE if nice * power >= least * (1 - 1e-9)), 10.0 * power)


def decade_range(latencies: list[float]) -> tuple[float, float]:
    """Return the powers of ten that enclose latencies: from a millisecond up to at least a second."""
    most = max((latency for latency in latencies if latency > 0), default=1.0)
    return 1e-3, 10.0 ** max(0, math.ceil(math.log10(most) - 1e-9))
