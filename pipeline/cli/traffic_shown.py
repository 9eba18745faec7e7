"""What planes answer just now, as text and as JSON data. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.cli.view import View
from pipeline.core.traffic import Answered, Point, answered, by_service, planes_of, servers_up

WINDOW_S = 5.0  # seconds that figures are about: less of them would jump with each request
OLD_S = 3.0  # from so many seconds on the age of figures is told: they come twice a second
_COUNTS = ("retries", "redispatches", "connection errors", "broken answers")

Figures = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Now:
    """The latest points, who counts nothing and why, and why nobody is asked, if that is so."""

    points: Sequence[Point] = ()
    silent: Mapping[str, str] = field(default_factory=dict)
    trouble: str | None = None

    @property
    def end(self) -> float:
        """When the last of them ended; 0 without any."""
        return max((point.at for point in self.points), default=0.0)

    def ages(self, at: float) -> Mapping[str, float]:
        """By source, how many seconds ago it counted last, if that is long ago."""
        last = {point.source: point.at for point in sorted(self.points, key=lambda one: one.at)}
        return {source: at - one for source, one in sorted(last.items()) if at - one >= OLD_S}


@dataclass(frozen=True, slots=True)
class Seen:
    """All that is shown of a stage at one moment (seconds since 1970); `doing` is what goes on, in words."""

    stage: str
    at: float
    view: View
    doing: str | None
    now: Now


def traffic_data(now: Now, at: float) -> dict[str, object]:
    """The last seconds as JSON data: each plane in all, and service by service; `at` is when it is shown."""
    begin, end = now.end - WINDOW_S, now.end
    planes = planes_of(now.points)
    of_all = answered(now.points, begin, end)
    up = servers_up(now.points)
    return {
        "seconds": WINDOW_S,
        "age_s": round(max(0.0, at - now.end), 1) if now.points else None,
        "planes": [{"plane": plane, **_figures(of_all.get(plane, Answered()), of_all)} for plane in planes],
        "services": [
            {
                "service": service,
                "plane": plane,
                **_figures(found.get(plane, Answered()), found),
                "up": up.get((service, plane)),
            }
            for service, found in by_service(now.points, begin, end).items()
            for plane in planes
            if (service, plane) in up
        ],
        "late": [{"source": source, "age_s": round(age, 1)} for source, age in now.ages(at).items()],
        "silent": [{"source": source, "why": why} for source, why in sorted(now.silent.items())],
        "trouble": now.trouble,
    }


def _figures(one: Answered, of_all: Mapping[str, Answered]) -> dict[str, object]:
    total = sum(other.requests for other in of_all.values())
    return {
        "requests_per_s": round(one.requests / WINDOW_S, 2),
        "part": round(100 * one.requests / total, 1) if total else None,
        "errors_per_s": round(one.errors / WINDOW_S, 2),
        "refused_per_s": round(one.refused / WINDOW_S, 2),
        "wait_ms": None if one.wait_ms is None else round(one.wait_ms, 1),
        "beside": {name: round(one.beside.get(name, 0.0), 1) for name in _COUNTS},
    }


def traffic_lines(now: Now, at: float) -> Iterator[str]:
    """A line for each plane, and what `missing_lines` has."""
    for plane in _rows(traffic_data(now, at), "planes"):
        yield sentence(plane)
    yield from missing_lines(now, at)


def missing_lines(now: Now, at: float) -> Iterator[str]:
    """How old figures are, if they are not of now; who counts nothing, and why nothing is told."""
    if now.points and at - now.end >= OLD_S:
        yield f"these figures are {at - now.end:.0f} s old: no load balancer has told anything since"
    else:
        for source, age in now.ages(at).items():
            yield f"{source} counted last {age:.0f} s ago: what it answers is missing here"
    for source, why in sorted(now.silent.items()):
        yield f"{source} tells nothing: {why}"
    if now.trouble:
        yield f"nobody tells what is answered: {now.trouble}"


def sentence(plane: Figures) -> str:
    """What one plane answers, in a line."""
    facts = [
        f"{plane['requests_per_s']:.1f} requests/s{part_text(plane)}",
        f"{plane['errors_per_s']:.1f} errors/s",
        wait_text(plane),
        *beside_texts(plane),
    ]
    return f"{plane['plane']}: {', '.join(facts)}"


def part_text(figures: Figures) -> str:
    """Which part of all requests it answers, in brackets after a space; empty without requests."""
    return "" if figures["part"] is None else f" ({figures['part']:.0f} %)"


def wait_text(figures: Figures) -> str:
    """How long an answer takes."""
    return "no answer" if figures["wait_ms"] is None else f"{figures['wait_ms']:.0f} ms"


def beside_texts(figures: Figures) -> list[str]:
    """What is not as it should be, and is not 0."""
    found = figures["beside"]
    return (
        [f"{count:g} {name}" for name, count in found.items() if count] if isinstance(found, Mapping) else []
    )


def _rows(data: Mapping[str, object], key: str) -> Sequence[Figures]:
    found = data[key]
    return found if isinstance(found, list) else []
