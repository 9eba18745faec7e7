"""Times without an answer that are longer than chance explains. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from pipeline.core.traffic import Point
from pipeline.picture.subject import Client, Span

LEAST_S = 1.0  # for clients, which know when each of their requests was answered
COUNTED_S = 2.0  # for counters, which are looked at twice a second
HOLE_S = 1.0  # so much later a point may begin than the one before has ended
EDGE_S = 10.0  # so long after its begin a gate may not ask yet, and before its end no more
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
    apart for the time inside of gates and outside, and a time that is in both is judged in parts: what a gate
    did not get at its end is no part of the silence after it.
    """
    requests = _requests(points)
    if not requests:
        return ()
    seen = points[-1].at - (points[0].at - points[0].seconds)
    bound = max(COUNTED_S, USUAL * seen / requests)
    inside = _rate(points, lambda point: any(gate.began < point.at <= gate.ended for gate in gates))
    outside = _rate(points, lambda point: not any(gate.began < point.at <= gate.ended for gate in gates))
    found = [
        gap
        for idle in _idle(points)
        for gap in _joined(
            replace(part, quiet=part.seconds * (inside if asking else outside) <= USUAL)
            for part, asking in _parts(idle, gates)
        )
    ]
    return tuple(gap for gap in found if gap.seconds > (bound if gap.quiet else COUNTED_S))


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


def _parts(idle: Gap, gates: Sequence[Span]) -> Iterator[tuple[Gap, bool]]:
    """A time without an answer, divided into what is inside of gates that were asking, and what is not."""
    asking = [gate for gate in gates if _asks(gate, idle)]
    bounds = {at for gate in asking for at in (gate.began, gate.ended) if idle.begin < at < idle.end}
    cut = pairwise(sorted({idle.begin, *bounds, idle.end}))
    told = [
        (begin, end, any(gate.began <= begin and end <= gate.ended for gate in asking)) for begin, end in cut
    ]
    for is_inside, some in groupby(told, key=lambda part: part[2]):
        parts = tuple(some)
        yield Gap(parts[0][0], parts[-1][1], idle.who), is_inside


def _asks(gate: Span, idle: Gap) -> bool:
    """Whether the gate would have asked in its part of the time: not if that is only its begin or end."""
    if gate.began < idle.begin and idle.end < gate.ended:
        return True
    return min(gate.ended, idle.end) - max(gate.began, idle.begin) > EDGE_S


def _joined(parts: Iterable[Gap]) -> Iterator[Gap]:
    """Those that follow each other and are judged alike, as one."""
    for _, some in groupby(parts, key=lambda part: part.quiet):
        alike = tuple(some)
        yield replace(alike[0], end=alike[-1].end)
