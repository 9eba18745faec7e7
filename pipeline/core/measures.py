"""Compares what two releases measured: which of it got worse, by how much, and how sure that is. Pure."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from pipeline.core.rank_test import Ranked, at_once, ranked

SURE = 0.95  # at least so sure, with all measures of a comparison taken together
NOTABLE = 1.25  # times: a difference that no client would notice is none, however sure


class Change(Enum):
    """What became of a measure."""

    WORSE = "worse"
    BETTER = "better"
    SAME = "the same"
    TOO_FEW = "too few to say"


@dataclass(frozen=True, slots=True)
class Measure:
    """Values in seconds, of which less is better; a difference below `least_s` is not notable."""

    least_s: float
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """A measure before and now: how many values, their medians, and the typical difference, in seconds.

    `sure` is how sure a difference is, from 0 to 1, given how many measures are compared; a sure one may be
    too small to matter.
    """

    name: str
    before: int
    now: int
    median_before_s: float
    median_now_s: float
    shift_s: float
    sure: float
    change: Change


def compared(before: Mapping[str, Measure], now: Mapping[str, Measure]) -> tuple[Compared, ...]:
    """All measures that both have, worse ones first, and the surest of these first."""
    both = [name for name in before if name in now and before[name].values and now[name].values]
    tests = [ranked(before[name].values, now[name].values) for name in both]
    # Twice the smaller side: it is not known before which side to look at.
    chances = at_once([min(1.0, 2 * min(test.larger, test.smaller)) for test in tests])
    found = [
        _compared(name, (before[name], now[name]), test, chance)
        for name, test, chance in zip(both, tests, chances, strict=True)
    ]
    order = list(Change)
    return tuple(sorted(found, key=lambda one: (order.index(one.change), -one.sure, one.name)))


def _compared(name: str, sides: Sequence[Measure], test: Ranked, chance: float) -> Compared:
    medians = [statistics.median(side.values) for side in sides]
    sure = 1 - chance  # of a difference
    notable = abs(test.shift) >= sides[1].least_s and max(medians) >= NOTABLE * min(medians)
    if 2 * test.least > 1 - SURE:
        change = Change.TOO_FEW
    elif sure < SURE or not notable:
        change = Change.SAME
    else:
        change = Change.WORSE if test.shift > 0 else Change.BETTER
    (many_before, many_now), (median_before, median_now) = [len(side.values) for side in sides], medians
    return Compared(name, many_before, many_now, median_before, median_now, test.shift, sure, change)
