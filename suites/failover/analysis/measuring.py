"""From a trace to measures: one pure function.

What a client experiences is the longest time without a completed success, not the number of errors. A run
without an error can hide half a minute in which nothing succeeded, because every request merely hung.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from suites.failover.analysis.measures import Budget, Enough, Latency, Measures, doubts, exceeded
from suites.probes.trace import Request, RequestOutcome, Trace, Window

# An interval between successes is a stall if it is far longer than the baseline's, than the rate makes
# unavoidable, and than the delays that a busy machine causes to any process.
STALL_TIMES_BASELINE = 3.0
STALL_PERIODS = 3.0
STALL_AT_LEAST_S = 0.5
# A request sent this long after it was due missed its rate: the probe itself stalled.
LATE_S = 0.25


@dataclass(frozen=True, slots=True)
class _Seen:
    """The requests that ended within the window, in the order in which they ended."""

    ended: tuple[Request, ...]
    successes: tuple[float, ...]
    failures: tuple[float, ...]


def measure(
    trace: Trace, window: Window, budget: Budget | None = None, enough: Enough | None = None
) -> Measures:
    """Return what the client of a trace saw in a window, judged against the budget if there is one.

    A request counts at the moment of its end, if that is within the window; one still waiting at the window's
    end is no success. Without a budget nothing is exceeded, but doubts are still reported.
    """
    seen = _seen(trace, window)
    points = _observation(seen.successes, window)
    gaps = _intervals(points)
    baseline = max(_intervals([end for end in seen.successes if end <= window.fault]), default=None)
    stall_over = _stall_over(baseline, trace.rate)
    recovered = _recovered(points, seen, window, stall_over)
    before, during, after = _latencies(seen.ended, window, recovered)
    longest = max(gaps)
    due, made = trace.rate * (window.end - window.begin), _made_in_time(trace, window)
    measures = Measures(
        longest_gap_s=longest,
        longest_gap_from_s=points[gaps.index(longest)] - window.fault,
        baseline_gap_s=baseline,
        stall_over_s=stall_over,
        unavailable_s=math.fsum(gap for gap in gaps if gap > stall_over),
        recovered_after_s=recovered,
        errors=len(seen.failures),
        errors_before=sum(end <= window.fault for end in seen.failures),
        first_error_s=seen.failures[0] - window.fault if seen.failures else None,
        last_error_s=seen.failures[-1] - window.fault if seen.failures else None,
        before=before,
        during=during,
        after=after,
        samples=len(seen.ended),
        rate_reached=min(1.0, made / due) if due > 0 else None,
        missed=max(0, math.floor(due) - made),
    )
    first = seen.successes[0] if seen.successes else None
    return replace(
        measures,
        exceeded=() if budget is None else exceeded(measures, budget),
        doubts=doubts(measures, window, first, budget, enough or Enough()),
    )


def _seen(trace: Trace, window: Window) -> _Seen:
    within = (request for request in trace.requests if window.begin <= request.end <= window.end)
    ended = tuple(sorted(within, key=lambda request: request.end))
    return _Seen(
        ended,
        tuple(request.end for request in ended if request.outcome is RequestOutcome.OK),
        tuple(request.end for request in ended if request.outcome is not RequestOutcome.OK),
    )


def _observation(successes: Sequence[float], window: Window) -> list[float]:
    """Return the last success before the fault (or the window's begin), later ones, and the window's end."""
    last_before = max((end for end in successes if end <= window.fault), default=window.begin)
    return [last_before, *(end for end in successes if end > window.fault), window.end]


def _intervals(moments: Sequence[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(moments)]


def unseen_s(rate: float) -> float:
    """Return the longest time between two successes that proves nothing at `rate` requests per second."""
    return STALL_PERIODS / rate if rate > 0 else 0.0


def _stall_over(baseline: float | None, rate: float) -> float:
    return max(STALL_TIMES_BASELINE * (baseline or 0.0), unseen_s(rate), STALL_AT_LEAST_S)


def _recovered(points: Sequence[float], seen: _Seen, window: Window, stall_over: float) -> float | None:
    """Return the moment of the first success after the last failure and stall, relative to the fault."""
    stalls = [later for earlier, later in pairwise(points) if later - earlier > stall_over]
    failures = [end for end in seen.failures if end > window.fault]
    if not stalls and not failures:
        return 0.0
    if points[-1] - points[-2] > stall_over:
        return None
    disturbed_until = max((*stalls, *failures))
    # A stall ends at the moment of a success; a failure may end at the same moment as one.
    back = [end for end in seen.successes if end >= disturbed_until]
    return back[0] - window.fault if back else None


def _latencies(
    ended: Sequence[Request], window: Window, recovered: float | None
) -> tuple[Latency | None, Latency | None, Latency | None]:
    """Return the latencies of requests that ended before the fault, ran during it, or were due after it."""
    back = window.end if recovered is None else window.fault + recovered
    over = max(back, window.fault if window.undone is None else window.undone)
    served = [request for request in ended if request.outcome is RequestOutcome.OK]
    return (
        _latency([request for request in served if request.end <= window.fault]),
        _latency([request for request in served if request.end > window.fault and request.due < over]),
        _latency([request for request in served if request.end > window.fault and over <= request.due]),
    )


def _latency(served: Sequence[Request]) -> Latency | None:
    took = sorted(request.end - request.due for request in served)
    if not took:
        return None
    return Latency(_nearest_rank(took, 0.5), _nearest_rank(took, 0.99), _nearest_rank(took, 0.999), len(took))


def _nearest_rank(ordered: Sequence[float], part: float) -> float:
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def _made_in_time(trace: Trace, window: Window) -> int:
    return sum(
        window.begin <= request.due < window.end and request.start - request.due <= LATE_S
        for request in trace.requests
    )
