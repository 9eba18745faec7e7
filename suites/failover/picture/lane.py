"""One probe as a lane: a dot for each request at the moment it ended; its height is the latency."""

from collections.abc import Iterable
from dataclasses import dataclass

from suites.failover.picture.scale import LatencyScale, TimeScale
from suites.failover.picture.subject import FaultPicture, ProbePicture
from suites.probes.trace import Request, RequestOutcome, Window

WAIT_FROM_PIXELS = 8.0
DOT = "M{x} {y}h0"
CROSS = "M{left} {top}l6 6m0-6l-6 6"
TRIANGLE = "M{x} {top}l3.5 6h-7z"


@dataclass(frozen=True, slots=True)
class Span:
    """A drawn span of time, with its label."""

    x: float
    width: float
    label: str
    middle: float


@dataclass(frozen=True, slots=True)
class Lane:
    """What the template draws for a probe. Paths are SVG path data, empty if there is nothing to draw."""

    title: str
    subtitle: str
    top: float
    bottom: float
    grid: tuple[tuple[float, str], ...]
    ok: str
    waits: str
    errors: str
    timeouts: str
    gap: Span | None
    budget_x: float | None
    budget: str
    colour: int


def lane(
    fault: FaultPicture, probe: ProbePicture, time: TimeScale, latency: LatencyScale, colour: int
) -> Lane:
    """Return the lane of a probe; the fault's worst probe always shows its longest gap, however short."""
    window = fault.window
    seen = [request for request in probe.trace.requests if time.shows(request.end)]
    stalled = probe.measures.longest_gap_s > probe.measures.stall_over_s
    gap = _gap(probe, window, time) if stalled or probe is fault.worst else None
    budget = probe.budget if gap is not None else None
    gap_from = window.fault + probe.measures.longest_gap_from_s
    return Lane(
        title=probe.trace.kind,
        subtitle=f"{probe.trace.connection} connection, {probe.trace.rate:g}/s",
        top=latency.top,
        bottom=latency.bottom,
        grid=tuple((latency.y(decade), _duration(decade)) for decade in latency.decades()),
        ok=_marks(DOT, seen, RequestOutcome.OK, time, latency),
        waits=_waits(seen, time, latency),
        errors=_marks(CROSS, seen, RequestOutcome.ERROR, time, latency),
        timeouts=_marks(TRIANGLE, seen, RequestOutcome.TIMEOUT, time, latency),
        gap=gap,
        budget_x=None if budget is None else time.x(gap_from + budget.longest_gap_s),
        budget="" if budget is None else f"budget {budget.longest_gap_s:.2f} s",
        colour=colour,
    )


def _gap(probe: ProbePicture, window: Window, time: TimeScale) -> Span:
    begin = window.fault + probe.measures.longest_gap_from_s
    left, right = time.x(begin), time.x(begin + probe.measures.longest_gap_s)
    label = f"{probe.measures.longest_gap_s:.2f} s"
    return Span(left, round(right - left, 1), label, round((left + right) / 2, 1))


def _marks(
    mark: str, requests: Iterable[Request], outcome: RequestOutcome, time: TimeScale, latency: LatencyScale
) -> str:
    # One path per lane keeps a report of some ten thousand requests small and fast.
    points = ((time.x(one.end), latency.y(one.end - one.due)) for one in requests if one.outcome is outcome)
    return "".join(mark.format(x=x, y=y, left=round(x - 3, 1), top=round(y - 3, 1)) for x, y in points)


def _waits(requests: Iterable[Request], time: TimeScale, latency: LatencyScale) -> str:
    lines = []
    for one in requests:
        begin, end = time.x(one.due), time.x(one.end)
        if end - begin >= WAIT_FROM_PIXELS:
            lines.append(f"M{begin} {latency.y(one.end - one.due)}H{end}")
    return "".join(lines)


def _duration(seconds: float) -> str:
    return f"{seconds:g} s" if seconds >= 1 else f"{seconds * 1000:g} ms"
