"""Times without an answer that are longer than chance explains. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.core.traffic import Point
from pipeline.picture.subject import Client, Span

LEAST_S = 1.0  # for clients, which know when each of their requests was answered
COUNTED_S = 2.0  # for counters, which are looked at twice a second
HOLE_S = 1.0  # so much later a point may begin than the one before has ended
USUAL = 20  # so many requests would have come in the meantime: by chance, not once in a hundred million
REGULAR = 3  # a client sends them at even times, so three in a row are no chance


@dataclass(frozen=True, slots=True)
class Gap:
    """A time (seconds since 1970) in which nobody was answered, or a client was not.

    It is `quiet`, and no gap, if so few requests usually come in such a time that nobody may have asked.
    """

    begin: float
    end: float
    who: str
    quiet: bool = False

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.end - self.begin


def counted_gaps(points: Sequence[Point], gates: Sequence[Span] = ()) -> tuple[Gap, ...]:
    """Times in which no plane answered anybody although somebody counted; `points` are in order of time.

    Of a stage that has no clients but its `gates`, most of them are quiet. So what usually comes is reckoned
    apart for the time inside of gates and outside. A gate asks from its first request to its last.
    """
    requests = _requests(points)
    if not requests:
        return ()
    seen = points[-1].at - (points[0].at - points[0].seconds)
    bound = max(COUNTED_S, USUAL * seen / requests)
    inside = _rate(points, lambda point: any(gate.began < point.at <= gate.ended for gate in gates))
    outside = _rate(points, lambda point: not any(gate.began < point.at <= gate.ended for gate in gates))

    def is_quiet(gap: Gap) -> bool:
        asking = any(gate.began < gap.begin and gap.end < gate.ended for gate in gates)
        return gap.seconds * (inside if asking else outside) <= USUAL

    found = [replace(gap, quiet=is_quiet(gap)) for gap in _idle(points) if gap.seconds > COUNTED_S]
    return tuple(gap for gap in found if gap.seconds > bound or not gap.quiet)


def _requests(points: Iterable[Point]) -> int:
    return sum(row.requests for point in points for row in point.rows)


def _rate(points: Iterable[Point], is_of: Callable[[Point], bool]) -> float:
    """How many requests a second usually come in a time, by those of the points that are of it."""
    some = [point for point in points if is_of(point)]
    sources = len({point.source for point in some})
    seconds = sum(point.seconds for point in some)
    return _requests(some) * sources / seconds if seconds else 0.0


def client_gaps(client: Client) -> tuple[Gap, ...]:
    """Times between two answers to a client."""
    bound = max(LEAST_S, REGULAR / client.rate if client.rate else LEAST_S)
    moments = sorted([client.began, *client.answered, client.ended])
    return tuple(Gap(begin, end, client.name) for begin, end in pairwise(moments) if end - begin > bound)


def longest(gaps: Iterable[Gap], begin: float, end: float) -> Gap | None:
    """The longest that a time has a part of, and that is not quiet."""
    found = [gap for gap in gaps if gap.begin < end and gap.end > begin and not gap.quiet]
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
