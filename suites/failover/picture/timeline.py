"""The timeline of a fault: lanes, bands, signposts and an axis, with their positions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from suites.failover.picture.lane import Lane, lane
from suites.failover.picture.scale import LatencyScale, TimeScale, decade_range
from suites.failover.picture.signpost import Signpost, moments, signposts
from suites.failover.picture.subject import FaultPicture

LETTER_PIXELS = 6.5
HOLDERS = 6
WIDTH = 1180.0
LEFT = 190.0
RIGHT = 14.0
ROW = 17.0
LANE = 86.0
LANE_GAP = 16.0
BAND = 20.0
BAND_GAP = 8.0
AXIS = 40.0
KIND_COLOURS = 5


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of a band; `label` is empty if it doesn't fit, `colour` None if there is nobody."""

    x: float
    width: float
    label: str
    name: str
    colour: int | None


def segments(
    changes: Iterable[tuple[float, str | None]], time: TimeScale, names: Sequence[str]
) -> tuple[Segment, ...]:
    """Return the segments, each from one change to the next; `names` determine the hosts' colours."""
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


@dataclass(frozen=True, slots=True)
class Band:
    """A labelled band."""

    label: str
    top: float
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the template draws for a fault; all positions are pixels."""

    width: float
    height: float
    left: float
    right: float
    begin: float
    end: float
    row: float
    signs_bottom: float
    axis: float
    fault_span: tuple[float, float]
    ticks: tuple[tuple[float, str], ...]
    lanes: tuple[Lane, ...]
    bands: tuple[Band, ...]
    posts: tuple[Signpost, ...]


def hosts(fault: FaultPicture) -> frozenset[str]:
    """Return the names in the bands of a fault."""
    holders = (change.holder for change in fault.marks.holders)
    writers = (change.writer for change in fault.marks.writers)
    return frozenset(name for name in (*holders, *writers) if name is not None)


def timeline(fault: FaultPicture, names: Sequence[str]) -> Timeline:
    """Return the timeline of a fault over its window; `names` determine the hosts' colours."""
    window, marks = fault.window, fault.marks
    time = TimeScale(window.begin, window.end, LEFT, WIDTH - LEFT - RIGHT)
    posts = signposts(moments(fault), time)
    signs_bottom = (max((post.row for post in posts), default=0) + 1) * ROW + 8
    lanes = _lanes(fault, time, signs_bottom + 24)
    bands = _bands(fault, time, lanes[-1].bottom + LANE_GAP, names)
    axis = (bands[-1].top + BAND if bands else lanes[-1].bottom) + 10
    return Timeline(
        width=WIDTH,
        height=axis + AXIS,
        left=LEFT,
        right=WIDTH - RIGHT,
        begin=round(window.begin - window.fault, 4),
        end=round(window.end - window.fault, 4),
        row=ROW,
        signs_bottom=signs_bottom,
        axis=axis,
        fault_span=(time.x(marks.injected), time.x(window.end if marks.undone is None else marks.undone)),
        ticks=tuple((time.x(window.fault + tick), _signed(tick)) for tick in time.ticks(window.fault)),
        lanes=lanes,
        bands=bands,
        posts=posts,
    )


def _lanes(fault: FaultPicture, time: TimeScale, top: float) -> tuple[Lane, ...]:
    latencies = [request.end - request.due for probe in fault.probes for request in probe.trace.requests]
    least, most = decade_range(latencies)
    kinds = list(dict.fromkeys(probe.trace.kind for probe in fault.probes))
    found = []
    for number, probe in enumerate(fault.probes):
        begin = top + number * (LANE + LANE_GAP)
        scale = LatencyScale(least, most, begin, begin + LANE)
        colour = kinds.index(probe.trace.kind) % KIND_COLOURS
        found.append(lane(fault, probe, time, scale, colour))
    return tuple(found)


def _bands(fault: FaultPicture, time: TimeScale, top: float, names: Sequence[str]) -> tuple[Band, ...]:
    holders = [(change.at, change.holder) for change in fault.marks.holders]
    writers = [(change.at, change.writer) for change in fault.marks.writers]
    found: list[Band] = []
    for label, changes in (("VIP held by", holders), ("writer", writers)):
        if changes:
            begin = top + len(found) * (BAND + BAND_GAP)
            found.append(Band(label, begin, segments(changes, time, names)))
    return tuple(found)


def _signed(seconds: float) -> str:
    return "0" if seconds == 0 else f"{seconds:+g}"
