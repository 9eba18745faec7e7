"""Compares what two releases measured: which of it got worse, by how much, and how sure that is. Pure."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from samples.rank_test import Ranked, at_once, ranked

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
    too small to matter. Those with too few values to be sure of anything do not count among the others.
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
    most = _most_provable([2 * test.least for test in tests])
    # Twice the smaller side: it is not known before which side to look at.
    single = [min(1.0, 2 * min(test.larger, test.smaller)) for test in tests]
    provable = [at for at, test in enumerate(tests) if 2 * test.least <= most]
    chances = list(at_once(single))
    for at, chance in zip(provable, at_once([single[at] for at in provable]), strict=True):
        chances[at] = chance
    found = [
        _compared(name, (before[name], now[name]), tests[at], chances[at], enough=at in provable)
        for at, name in enumerate(both)
    ]
    order = list(Change)
    return tuple(sorted(found, key=lambda one: (order.index(one.change), -one.sure, one.name)))


def _most_provable(least: Sequence[float]) -> float:
    """Up to which least chance a measure can turn out sure, even beside the others; 0 if none can.

    Those that can't are left out, largest first, and make it no harder for the rest. That is decided by the
    numbers of values alone, so it favours no result.
    """
    kept = sorted(least)
    while kept and at_once(kept)[-1] > 1 - SURE:
        kept = [one for one in kept if one < kept[-1]]
    return kept[-1] if kept else 0.0


def _compared(name: str, sides: Sequence[Measure], test: Ranked, chance: float, *, enough: bool) -> Compared:
    medians = [statistics.median(side.values) for side in sides]
    sure = 1 - chance  # of a difference
    notable = abs(test.shift) >= sides[1].least_s and max(medians) >= NOTABLE * min(medians)
    if not enough:
        change = Change.TOO_FEW
    elif sure < SURE or not notable:
        change = Change.SAME
    else:
        change = Change.WORSE if test.shift > 0 else Change.BETTER
    (many_before, many_now), (median_before, median_now) = [len(side.values) for side in sides], medians
    return Compared(name, many_before, many_now, median_before, median_now, test.shift, sure, change)
