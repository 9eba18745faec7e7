"""What planes answered, as lines over time: requests, errors, and how long an answer took. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.core.traffic import Answered, Point, binned
from pipeline.picture.scale import round_up

WIDE, HIGH = 1000, 100  # of the box in which a line is drawn, whatever its size on the page
FEWEST, MOST = 20, 240  # times into which a picture is divided; each lasts a second at least, where it can

Value = Callable[[Answered], float | None]


@dataclass(frozen=True, slots=True)
class Line:
    """The line of a plane, and the area below it, as SVG path data; empty where nothing is known."""

    plane: str
    line: str
    area: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane: its title, what is at its top, what is said if it is empty, and a line for each plane."""

    title: str
    most: str
    empty: str
    lines: tuple[Line, ...]


def lanes(points: Sequence[Point], planes: Sequence[str], begin: float, end: float) -> tuple[Lane, ...]:
    """The three lanes of a time."""
    number = max(FEWEST, min(MOST, int(end - begin)))
    width = (end - begin) / number
    counted = binned(points, begin, width, number)
    known = [False] * number
    for point in points:
        first, last = (point.at - point.seconds - begin) / width, (point.at - begin) / width
        for place in range(max(0, int(first)), min(number, int(last) + 1)):
            known[place] = True
    nothing = (Answered(),) * number
    of_planes = {plane: counted.get(plane, nothing) for plane in planes}
    return (
        _lane(
            "Requests a second", "no request was counted", of_planes, known, lambda one: one.requests / width
        ),
        _lane(
            "Errors a second (5xx)", "no answer was a 5xx", of_planes, known, lambda one: one.errors / width
        ),
        _lane("Time until an answer begins, ms", "no request was counted", of_planes, known, _wait),
    )


def _wait(one: Answered) -> float | None:
    return one.wait_ms


def _lane(
    title: str, empty: str, of_planes: Mapping[str, Sequence[Answered]], known: Sequence[bool], value: Value
) -> Lane:
    values = {
        plane: [value(one) if there else None for one, there in zip(bins, known, strict=True)]
        for plane, bins in of_planes.items()
    }
    highest = max((one for found in values.values() for one in found if one), default=0.0)
    most = round_up(highest)
    lines = tuple(_line(plane, found, most) for plane, found in values.items()) if highest else ()
    return Lane(title, f"{most:g}", "" if highest else empty, lines)


def _line(plane: str, values: Sequence[float | None], most: float) -> Line:
    """A line for each stretch of known values; one alone is drawn as wide as its time."""
    step = WIDE / len(values)
    line = area = ""
    stretch: list[tuple[float, float]] = []
    for place, value in enumerate([*values, None]):
        if value is not None:
            y = round(HIGH - HIGH * value / most, 1)
            stretch += [(round(place * step, 1), y), (round((place + 1) * step, 1), y)]
        elif stretch:
            path = "L".join(f"{x} {y}" for x, y in stretch)
            line += f"M{path}"
            area += f"M{stretch[0][0]} {HIGH}L{path}L{stretch[-1][0]} {HIGH}Z"
            stretch = []
    return Line(plane, line, area)
