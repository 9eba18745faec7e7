"""One time of a run as a chart: what was done above what was answered, with every position. Pure.

Places from left to right are in percent, those from top to bottom in pixels: so a chart fills whatever width
there is, and its text has the same size in all of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.picture.gaps import Gap
from pipeline.picture.lanes import Lane, lanes
from pipeline.picture.scale import Axis, clock
from pipeline.picture.subject import RunPicture, Span, within

TITLE, BAND, STEP, STEP_GAP, LANE, PART_GAP, AXIS = 18, 22, 7, 2, 84, 14, 22  # pixels
STEP_ROWS = 12  # more steps at once share the last row
LEAST = 0.15  # percent: what is shorter is still seen
APART = 6.0  # percent: so much room the length of a gap takes
QUIET = "quiet"  # the kind of a time in which nobody may have asked
FAILURES = 1000  # dots that are drawn; the page says how many there are


@dataclass(frozen=True, slots=True)
class Box:
    """Something that lasted, in a row counted from the top; `kind` is its class in the style sheet."""

    x: float
    width: float
    label: str
    kind: str
    row: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a chart: its title, and where what it shows begins, and how high that is."""

    title: str
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws."""

    height: float
    axis: float
    ticks: tuple[tuple[float, str], ...]
    bands: tuple[tuple[Part, tuple[Box, ...]], ...]
    steps: tuple[Part, tuple[Box, ...]]
    lanes: tuple[tuple[Part, Lane], ...]
    failures: tuple[Part, tuple[tuple[float, str], ...]] | None
    gaps: tuple[Box, ...]
    gap_names: tuple[tuple[float, str], ...]


class _Page:
    """The next free place, from the top down."""

    def __init__(self) -> None:
        self.y = 0.0

    def part(self, title: str, height: float) -> Part:
        top = self.y + TITLE
        self.y = top + height + PART_GAP
        return Part(title, top, height)


def chart(picture: RunPicture, gaps: Sequence[Gap], planes: Sequence[str], begin: float, end: float) -> Chart:
    """The chart of a time of the run; `gaps` are all of the run's."""
    axis, page = Axis(begin, end), _Page()
    legs = within(picture.legs, begin, end)
    bands = tuple(
        (page.part(title, BAND), tuple(_box(axis, span) for span in found))
        # A leg alone is the title above its chart.
        for title, found in (
            ("Legs", legs[1:] and legs),
            ("Gates", within(_gates(picture.gates), begin, end)),
        )
        if found
    )
    rows = stacked(within(picture.steps, begin, end))
    boxes = tuple(_box(axis, span, row) for span, row in rows)
    count = 1 + max((box.row for box in boxes), default=0)
    steps = (page.part("Steps", count * (STEP + STEP_GAP)), boxes)
    drawn = lanes(picture.points, planes, begin, end) if picture.points else ()
    placed = tuple((page.part(lane.title, LANE), lane) for lane in drawn)
    failed = [
        (axis.x(one.at), f"{clock(one.at)} {client.name}: {one.how}")
        for client in picture.clients
        for one in client.failures
        if begin <= one.at <= end
    ]
    dots = (page.part(f"Failed requests of clients: {len(failed)}", STEP), tuple(failed[:FAILURES]))
    shaded = tuple(_gap(axis, gap) for gap in gaps if gap.begin < end and gap.end > begin)
    return Chart(
        page.y + AXIS,
        page.y,
        axis.ticks(),
        bands,
        steps,
        placed,
        dots if picture.clients else None,
        shaded,
        _named(box for box in shaded if box.kind != QUIET),
    )


def stacked(spans: Iterable[Span]) -> list[tuple[Span, int]]:
    """Each in the first row that is free by then."""
    free: list[float] = []
    found = []
    for span in sorted(spans, key=lambda one: one.began):
        row = next((number for number, at in enumerate(free) if at <= span.began), len(free))
        row = min(row, STEP_ROWS - 1)
        free[row : row + 1] = [span.ended]
        found.append((span, row))
    return found


def _gates(gates: Iterable[Span]) -> tuple[Span, ...]:
    """By their own names, without the leg's, which is above or in the title."""
    return tuple(replace(one, name=one.name.removeprefix("gate ").rpartition("/")[2]) for one in gates)


def _box(axis: Axis, span: Span, row: int = 0) -> Box:
    width = max(LEAST, axis.width(span.began, span.ended))
    return Box(axis.x(span.began), width, span.name, span.result.value, row)


def _gap(axis: Axis, gap: Gap) -> Box:
    width = max(LEAST, axis.width(gap.begin, gap.end))
    if gap.quiet:
        return Box(axis.x(gap.begin), width, f"{gap.seconds:.1f} s: nobody asked, as far as one knows", QUIET)
    said = f"{gap.who} got no answer" if gap.who else "nobody was answered"
    return Box(axis.x(gap.begin), width, f"{gap.seconds:.1f} s: {said}", "client" if gap.who else "counted")


def _named(boxes: Iterable[Box]) -> tuple[tuple[float, str], ...]:
    """How long each was, written in its middle; of those that are close to each other, of the first."""
    found: list[tuple[float, str]] = []
    for box in sorted(boxes, key=lambda one: one.x):
        middle = min(max(box.x + box.width / 2, APART / 2), 100 - APART / 2)
        if not found or middle - found[-1][0] >= APART:
            found.append((round(middle, 3), box.label.partition(":")[0]))
    return tuple(found)
