"""Traces for the analysis: made of few numbers, and measured by brute force."""

from collections.abc import Iterable, Sequence

from suites.probes.trace import Request, RequestOutcome, Trace, Window


def trace_of(requests: Iterable[Request], rate: float = 20.0, until: float = 1000.0) -> Trace:
    return Trace("sql-new", "sql", "new", rate, 1.0, 0.0, until, tuple(requests))


def ok(end: float, took: float = 0.01) -> Request:
    return Request(end - took, end - took, end, RequestOutcome.OK)


def failed(end: float, took: float = 0.01, outcome: RequestOutcome = RequestOutcome.ERROR) -> Request:
    return Request(end - took, end - took, end, outcome, error="no")


def beats(begin: float, end: float, rate: float = 20.0) -> list[Request]:
    """Successes at the rate, the first a period after `begin`, the last at `end` or just before."""
    return [ok(begin + number / rate) for number in range(1, int((end - begin) * rate + 1e-6) + 1)]


def waited(successes: Sequence[float], begin: float, end: float) -> float:
    """The longest stretch from `begin` to `end` that has no success within, tried pair by pair."""
    moments = [begin, end, *(one for one in successes if begin <= one <= end)]
    return max(
        later - earlier
        for earlier in moments
        for later in moments
        if later >= earlier and not any(earlier < one < later for one in successes)
    )


def last_before(successes: Sequence[float], window: Window) -> float:
    return max((one for one in successes if one <= window.fault), default=window.begin)


def quantile(values: Sequence[float], part: float) -> float:
    """The least value that so many are not above, found by counting."""
    return min(one for one in values if sum(other <= one for other in values) >= part * len(values))
