"""A rank test of two samples: whether one tends to have the larger values, by how much, and how sure that is.

It is the one-sided test of H. B. Mann and D. R. Whitney, "On a Test of Whether one of Two Random Variables is
Stochastically Larger than the Other", The Annals of Mathematical Statistics 18 (1947), 50-60, with mean ranks
for ties. The shift is the estimate of J. L. Hodges and E. L. Lehmann, "Estimates of Location Based on Rank
Tests", ibid. 34 (1963), 598-611: the median of all differences. No distribution of the values is assumed, but
they must be independent of each other.
"""

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

# Up to so many values in all, each way to divide them is counted; above, their number is as good as normal.
_COUNTED = 30
# Of so many values of each sample the shift is taken, evenly chosen from the ordered ones.
_MOST_DIFFERENCES = 200


@dataclass(frozen=True, slots=True)
class Ranked:
    """How two samples compare.

    `larger` is the probability of values at least as large in the second one by chance alone, `smaller` that
    of values at least as small. `least` is the smallest that either could be with samples of these sizes.
    `shift` is by how much the second is larger, in the unit of the values.
    """

    larger: float
    smaller: float
    least: float
    shift: float


def ranked(before: Sequence[float], now: Sequence[float]) -> Ranked:
    """Compare two samples. Raises ValueError if one is empty."""
    if not before or not now:
        raise ValueError("a sample without values has no rank")
    ranks = _doubled_ranks([*before, *now])
    total = sum(ranks[len(before) :])
    shift = statistics.median(b - a for a in _some(before) for b in _some(now))
    chances = _counted if len(ranks) <= _COUNTED else _approximated
    larger, smaller = chances(ranks, len(now), total)
    # If all differed, by the same way of counting: what is only approximated can't be surer than that.
    every = [2 * rank for rank in range(1, len(ranks) + 1)]
    least, _ = chances(every, len(now), sum(every[len(before) :]))
    return Ranked(larger, smaller, min(least, larger, smaller), shift)


def at_once(chances: Sequence[float]) -> tuple[float, ...]:
    """The probabilities of several tests at once, so that many of them find no more by chance than one.

    By S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics
    6 (1979), 65-70.
    """
    found = [1.0] * len(chances)
    least = 0.0
    for place, at in enumerate(sorted(range(len(chances)), key=lambda at: chances[at])):
        least = max(least, min(1.0, chances[at] * (len(chances) - place)))
        found[at] = least
    return tuple(found)


def _doubled_ranks(values: Sequence[float]) -> tuple[int, ...]:
    """Twice the rank of each value, from 2; equal ones share the mean, which is whole when doubled."""
    counts = Counter(values)
    below, ranks = 0, {}
    for value in sorted(counts):
        ranks[value] = 2 * below + counts[value] + 1
        below += counts[value]
    return tuple(ranks[value] for value in values)


def _counted(ranks: Sequence[int], size: int, total: int) -> tuple[float, float]:
    """The part of all choices of so many ranks whose sum is at least, and at most, the total."""
    ways: list[Counter[int]] = [Counter({0: 1}), *(Counter[int]() for _ in range(size))]
    for rank in ranks:
        for taken in range(size, 0, -1):
            for added, count in ways[taken - 1].items():
                ways[taken][added + rank] += count
    every = math.comb(len(ranks), size)
    larger = sum(count for added, count in ways[size].items() if added >= total)
    smaller = sum(count for added, count in ways[size].items() if added <= total)
    return larger / every, smaller / every


def _approximated(ranks: Sequence[int], size: int, total: int) -> tuple[float, float]:
    """The same by the normal distribution, with a correction for ties and for whole numbers."""
    count, rest = len(ranks), len(ranks) - size
    ties = sum(found**3 - found for found in Counter(ranks).values())
    deviation = math.sqrt(size * rest / 12 * (count + 1 - ties / (count * (count - 1))))
    if not deviation:
        return 1.0, 1.0
    away = total / 2 - size * (count + 1) / 2
    return _above((away - 0.5) / deviation), _above((-away - 0.5) / deviation)


def _above(deviations: float) -> float:
    return math.erfc(deviations / math.sqrt(2)) / 2


def _some(values: Sequence[float]) -> Sequence[float]:
    ordered = sorted(values)
    if len(ordered) <= _MOST_DIFFERENCES:
        return ordered
    step = len(ordered) / _MOST_DIFFERENCES
    return [ordered[int((place + 0.5) * step)] for place in range(_MOST_DIFFERENCES)]
