"""What planes answer while something is changed, as the release's code counts it: points in time. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

_REFUSED, _ERRORS = "4xx", "5xx"
_CLASSES = ("1xx", "2xx", "3xx", _REFUSED, _ERRORS)
_BESIDE = ("retries", "redispatches", "connection errors", "broken answers")


@dataclass(frozen=True, slots=True)
class Row:
    """What a plane answered of a service in the time of a point; of the counts, those that are not 0.

    `wait_ms` is the mean time until an answer began, over about the last 512, and `up` how many servers get
    requests.
    """

    service: str
    plane: str
    counts: Mapping[str, int]
    wait_ms: float
    up: int

    @property
    def requests(self) -> int:
        """How many were answered."""
        return sum(self.counts.get(name, 0) for name in _CLASSES)


@dataclass(frozen=True, slots=True)
class Point:
    """What one source counted in `seconds` until `at` (seconds since 1970)."""

    at: float
    seconds: float
    source: str
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class TrafficAsked:
    """Of which stage traffic is asked, for how many seconds, and what the last call ended with.

    The release is the one whose code counts; `attempt` is what measures, if any does.
    """

    stage: str
    release: str
    seconds: float
    attempt: str | None = None
    since: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrafficSeen:
    """How a call ended that told points: what the next one goes on from, and why sources told nothing."""

    since: Mapping[str, Any] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """The points of evidence in order of time, and how many more lines it has that are none."""

    points: tuple[Point, ...] = ()
    torn: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """What a plane answered in a time. Counts may be parts: a point is divided among the times that it is in.

    `wait_ms` is the mean of its points, each as often as it has requests; None without any. `beside` are
    retries and the like, by name.
    """

    requests: float = 0.0
    refused: float = 0.0
    errors: float = 0.0
    wait_ms: float | None = None
    beside: Mapping[str, float] = field(default_factory=dict)


def point_line(point: Point) -> str:
    """The line of evidence for a point, with its newline."""
    return json.dumps(asdict(point), separators=(",", ":")) + "\n"


def read_point(data: Mapping[str, Any]) -> Point:
    """A point from JSON. Raises KeyError, TypeError or ValueError for anything else."""
    rows = tuple(
        Row(
            str(row["service"]),
            str(row["plane"]),
            {str(name): int(count) for name, count in row["counts"].items()},
            float(row["wait_ms"]),
            int(row["up"]),
        )
        for row in data["rows"]
    )
    return Point(float(data["at"]), float(data["seconds"]), str(data["source"]), rows)


def read_points(text: str) -> Kept:
    """The points of evidence. One that was not written whole, as by a program that was killed, is counted."""
    points, torn = [], 0
    for line in text.splitlines():
        try:
            points.append(read_point(json.loads(line)))
        except (KeyError, TypeError, ValueError, AttributeError):
            torn += 1
    return Kept(tuple(sorted(points, key=lambda point: point.at)), torn)


def planes_of(points: Iterable[Point]) -> tuple[str, ...]:
    """The planes that are counted, by name."""
    return tuple(sorted({row.plane for point in points for row in point.rows}))


def answered(points: Iterable[Point], begin: float, end: float) -> Mapping[str, Answered]:
    """By plane, what was answered from `begin` to `end`."""
    return {plane: parts[0] for plane, parts in binned(points, begin, end - begin, 1).items()}


def by_service(points: Sequence[Point], begin: float, end: float) -> Mapping[str, Mapping[str, Answered]]:
    """The same, by service and plane."""
    services = dict.fromkeys(row.service for point in points for row in point.rows)
    return {service: answered(_only(points, service), begin, end) for service in services}


def binned(
    points: Iterable[Point], begin: float, width: float, number: int
) -> Mapping[str, tuple[Answered, ...]]:
    """By plane, what was answered in each of `number` times of `width` seconds from `begin` on."""
    bins: dict[str, list[_Bin]] = {}
    for point in points:
        shares = tuple(_shares(point, begin, width, number))
        for row in point.rows if shares else ():
            if row.plane not in bins:
                bins[row.plane] = [_Bin() for _ in range(number)]
            for place, share in shares:
                bins[row.plane][place].add(row, share)
    return {plane: tuple(one.answered() for one in of_plane) for plane, of_plane in bins.items()}


def servers_up(points: Iterable[Point]) -> Mapping[tuple[str, str], int]:
    """By service and plane, how many servers got requests last; of several sources, the least."""
    last = {(row.service, row.plane, point.source): row.up for point in points for row in point.rows}
    least: dict[tuple[str, str], int] = {}
    for (service, plane, _), up in last.items():
        least[service, plane] = min(up, least.get((service, plane), up))
    return least


class _Bin:
    """What is added up for one plane and time."""

    def __init__(self) -> None:
        self._counts: dict[str, float] = {}
        self._requests = self._waited = 0.0

    def add(self, row: Row, share: float) -> None:
        for name, count in row.counts.items():
            self._counts[name] = self._counts.get(name, 0.0) + count * share
        self._requests += row.requests * share
        self._waited += row.requests * share * row.wait_ms

    def answered(self) -> Answered:
        of = self._counts.get
        wait = self._waited / self._requests if self._requests else None
        beside = {name: count for name in _BESIDE if (count := of(name, 0.0))}
        return Answered(self._requests, of(_REFUSED, 0.0), of(_ERRORS, 0.0), wait, beside)


def _shares(point: Point, begin: float, width: float, number: int) -> Iterator[tuple[int, float]]:
    """In which of the times a point is, and with how much of its own time."""
    first, last = point.at - point.seconds - begin, point.at - begin
    for place in range(max(0, int(first // width)), min(number, int(last // width) + 1)):
        inside = min(last, (place + 1) * width) - max(first, place * width)
        if inside > 0:
            yield place, inside / point.seconds


def _only(points: Iterable[Point], service: str) -> Iterator[Point]:
    for point in points:
        if rows := tuple(row for row in point.rows if row.service == service):
            yield Point(point.at, point.seconds, point.source, rows)
