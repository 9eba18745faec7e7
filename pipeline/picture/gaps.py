"""Times without an answer that are longer than chance explains. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.core.traffic import Point
from pipeline.picture.subject import Client

LEAST_S = 1.0  # for clients, which know when each of their requests was answered
COUNTED_S = 2.0  # for counters, which are looked at twice a second
HOLE_S = 1.0  # so much later a point may begin than the one before has ended
USUAL = 20  # so many requests would have come in the meantime: by chance, not once in a hundred million
REGULAR = 3  # a client sends them at even times, so three in a row are no chance


@dataclass(frozen=True, slots=True)
class Gap:
    """A time (seconds since 1970) in which nobody was answered, or a client was not."""

    begin: float
    end: float
    who: str

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.end - self.begin


def counted_gaps(points: Sequence[Point]) -> tuple[Gap, ...]:
    """Times in which no plane answered anybody although somebody counted; `points` are in order of time."""
    requests = sum(row.requests for point in points for row in point.rows)
    if not requests:
        return ()
    seen = points[-1].at - (points[0].at - points[0].seconds)
    bound = max(COUNTED_S, USUAL * seen / requests)
    return tuple(gap for gap in _idle(points) if gap.seconds > bound)


def client_gaps(client: Client) -> tuple[Gap, ...]:
    """Times between two answers to a client."""
    bound = max(LEAST_S, REGULAR / client.rate if client.rate else LEAST_S)
    moments = sorted([client.began, *client.answered, client.ended])
    return tuple(Gap(begin, end, client.name) for begin, end in pairwise(moments) if end - begin > bound)


def longest(gaps: Iterable[Gap], begin: float, end: float) -> Gap | None:
    """The longest that a time has a part of."""
    found = [gap for gap in gaps if gap.begin < end and gap.end > begin]
    return max(found, key=lambda gap: gap.seconds, default=None)


def _idle(points: Sequence[Point]) -> Iterator[Gap]:
    """From the last request before to the first after, as far as somebody counted all the time."""
    since: float | None = None
    counted_until = points[0].at
    for point in points:
        begin = point.at - point.seconds
        if begin > counted_until + HOLE_S:  # of that time nobody knows
            since = None
        counted_until = max(counted_until, point.at)
        if any(row.requests for row in point.rows):
            if since is not None:
                yield Gap(since, begin, "")
            since = point.at
        elif since is None:
            since = begin
