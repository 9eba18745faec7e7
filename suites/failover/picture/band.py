"""Who held the VIP and who was the writer, as bands under the lanes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from suites.failover.picture.scale import TimeScale

LETTER_PIXELS = 6.5
HOLDERS = 6


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a band; `label` is empty where it doesn't fit, `colour` None where there is nobody."""

    x: float
    width: float
    label: str
    name: str
    colour: int | None


def segments(
    changes: Iterable[tuple[float, str | None]], time: TimeScale, names: Sequence[str]
) -> tuple[Segment, ...]:
    """Return the stretches between changes, each of them up to the next; `names` give hosts their colours."""
    ordered = sorted(changes, key=lambda change: change[0])
    ends = [at for at, _ in ordered[1:]] + [time.end]
    found = []
    for (begin, name), end in zip(ordered, ends, strict=True):
        left, right = time.x(begin), time.x(end)
        if right <= left:
            continue
        shown = name or "nobody"
        fits = len(shown) * LETTER_PIXELS + 8 <= right - left
        colour = None if name is None else _colour(name, names)
        found.append(Segment(left, round(right - left, 1), shown if fits else "", shown, colour))
    return tuple(found)


def _colour(name: str, names: Sequence[str]) -> int:
    return (names.index(name) if name in names else 0) % HOLDERS
