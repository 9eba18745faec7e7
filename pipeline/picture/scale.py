"""From seconds to percent of a picture's width, and round numbers beside an axis. Pure."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)  # seconds
_ROUND = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)  # times a power of ten
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Axis:
    """A time from `begin` to `end` (seconds since 1970), drawn from 0 to 100 percent."""

    begin: float
    end: float

    def x(self, moment: float) -> float:
        """Where a moment is, in percent; one outside is at the edge."""
        part = (moment - self.begin) / (self.end - self.begin)
        return round(100 * min(1.0, max(0.0, part)), 3)

    def width(self, begin: float, end: float) -> float:
        """How wide a time is, in percent."""
        return round(self.x(end) - self.x(begin), 3)

    def ticks(self, about: int = 10) -> tuple[tuple[float, str], ...]:
        """Round times of the day, each with its place."""
        length = self.end - self.begin
        step = next((one for one in _STEPS if one >= length / about), _STEPS[-1])
        first = math.ceil(self.begin / step)
        last = math.floor(self.end / step)
        form = "%H:%M" if step >= _MINUTE else "%H:%M:%S"
        return tuple((self.x(number * step), clock(number * step, form)) for number in range(first, last + 1))


def clock(moment: float, form: str = "%H:%M:%S") -> str:
    """The time of the day, in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime(form)


def round_up(most: float) -> float:
    """The least of some round numbers that is not below `most`; 1 for nothing."""
    if most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(nice * power for nice in _ROUND if nice * power >= most * 0.999)
