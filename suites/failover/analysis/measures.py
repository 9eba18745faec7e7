"""The measures of one probe in one window, as values."""

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What measures say about a fault: only `PASSED` passes, and doubt is never a pass."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Latency:
    """How long successes took, in seconds from when they were due, by nearest rank.

    With fewer than a thousand samples p99.9 is the slowest of them. Failures are counted, not averaged in:
    a refusal in a millisecond would make an outage look fast.
    """

    p50: float
    p99: float
    p999: float
    samples: int


@dataclass(frozen=True, slots=True)
class Measures:
    """What a client went through. Times are seconds; moments are relative to the fault.

    `longest_gap_s` is the longest time without a completed success, from the last success before the fault
    (or the window's begin) to the window's end; it began at `longest_gap_from_s`. `baseline_gap_s` is the
    longest interval between successes before the fault, None when there were fewer than two. An interval of
    more than `stall_over_s` is a stall; `unavailable_s` sums the stalls. `recovered_after_s` is the moment of
    the success after which no request failed and nothing stalled until the window's end: 0 when nothing was
    noticed, None when that did not come. `errors` counts all requests that failed in the window,
    `errors_before` those of the baseline. `before` is of requests that ended before the fault, `during` of
    those under way until it was undone and the service back, `after` of those due later. `samples` are the
    requests that ended in the window. `rate_reached` is the part (0..1) of the due requests that were made
    in time, None for a closed loop; `missed` is how many were not. `exceeded` and `doubts` are sentences
    for people.
    """

    longest_gap_s: float
    longest_gap_from_s: float
    baseline_gap_s: float | None
    stall_over_s: float
    unavailable_s: float
    recovered_after_s: float | None
    errors: int
    errors_before: int
    first_error_s: float | None
    last_error_s: float | None
    before: Latency | None
    during: Latency | None
    after: Latency | None
    samples: int
    rate_reached: float | None
    missed: int
    exceeded: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Return inconclusive when there is a doubt, else failed when a budget is exceeded, else passed."""
        if self.doubts:
            return Verdict.INCONCLUSIVE
        return Verdict.FAILED if self.exceeded else Verdict.PASSED

    @property
    def times_baseline(self) -> float | None:
        """Return how many times longer the longest gap is than the longest before the fault."""
        return self.longest_gap_s / self.baseline_gap_s if self.baseline_gap_s else None
