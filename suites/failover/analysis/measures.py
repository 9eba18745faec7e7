"""The measures of one probe in one window, their budget, and how much must be seen to judge them."""

from dataclasses import dataclass
from enum import Enum

from suites.probes.trace import Window

# The time not observed because one request is missing is less than `measuring.unseen_s`.
MAY_MISS = 1


class Verdict(Enum):
    """The verdict on a fault: only `PASSED` passes, and doubt is never a pass."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Latency:
    """How long successes took, in seconds from when they were due, as nearest-rank percentiles.

    With fewer than a thousand samples, p99.9 is the slowest one. Failures are counted but not included here:
    a refusal in a millisecond would make an outage look fast.
    """

    p50: float
    p99: float
    p999: float
    samples: int


@dataclass(frozen=True, slots=True)
class Measures:
    """What a client saw. Times are seconds; moments are relative to the fault.

    `longest_gap_s` is the longest time without a completed success, from the last success before the fault
    (or the window's begin) to the window's end; it began at `longest_gap_from_s`. `baseline_gap_s` is the
    longest interval between successes before the fault, None if there were fewer than two. An interval longer
    than `stall_over_s` is a stall; `unavailable_s` is the sum of all stalls. `recovered_after_s` is the
    moment of the success after which nothing failed or stalled until the window's end: 0 if nothing was
    noticed, None if there is no such success. `errors` counts all requests that failed in the window,
    `errors_before` those of the baseline. `before` is the latency of requests that ended before the fault,
    `during` of those in progress until it was undone and the service recovered, `after` of those due later.
    `samples` are the requests that ended in the window. `rate_reached` is the part (0..1) of the due requests
    that were made in time, None for a closed loop; `missed` is how many were not. `exceeded` and `doubts` are
    sentences for people.
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
        """Return inconclusive if there is a doubt, else failed if a budget is exceeded, else passed."""
        if self.doubts:
            return Verdict.INCONCLUSIVE
        return Verdict.FAILED if self.exceeded else Verdict.PASSED

    @property
    def times_baseline(self) -> float | None:
        """Return the ratio of the longest gap to the longest before the fault, None without a baseline."""
        return self.longest_gap_s / self.baseline_gap_s if self.baseline_gap_s else None


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of what a client may see. A measure whose limit is None is not judged.

    If the longest gap is below `least_s`, the fault took no effect.
    """

    longest_gap_s: float
    least_s: float = 0.0
    errors: int | None = None
    recovered_s: float | None = None


@dataclass(frozen=True, slots=True)
class Enough:
    """How much must be seen for measures to prove anything.

    `baseline_s` and `baseline_samples` apply before the fault, from the first success on. `samples` are
    requests that ended in the window. `rate` is the part of the due requests that must be made; one may
    always be missing, even if that is a larger part of a slow probe's few. `stayed_s` is how long the service
    must be observed after its recovery, to show that it stays.
    """

    baseline_s: float = 2.0
    baseline_samples: int = 10
    samples: int = 30
    rate: float = 0.9
    stayed_s: float = 1.0


def exceeded(measures: Measures, budget: Budget) -> tuple[str, ...]:
    """Return a sentence for each part of the budget that the measures exceed."""
    found = []
    if measures.longest_gap_s > budget.longest_gap_s:
        found.append(
            f"nothing succeeded for {measures.longest_gap_s:.2f} s; "
            f"the budget is {budget.longest_gap_s:.2f} s"
        )
    failed = measures.errors - measures.errors_before
    if budget.errors is not None and failed > budget.errors:
        found.append(f"{failed} requests failed; the budget is {budget.errors}")
    if measures.recovered_after_s is None:
        found.append("the service did not recover and stay recovered before the window ended")
    elif budget.recovered_s is not None and measures.recovered_after_s > budget.recovered_s:
        found.append(
            f"recovered after {measures.recovered_after_s:.2f} s; the budget is {budget.recovered_s:.2f} s"
        )
    return tuple(found)


def doubts(
    measures: Measures, window: Window, first_success: float | None, budget: Budget | None, enough: Enough
) -> tuple[str, ...]:
    """Return a sentence for each reason why the measures prove nothing."""
    return (
        *_baseline_doubts(measures, window, first_success, enough),
        *_probe_doubts(measures, enough),
        *_bite_doubts(measures, window, budget, enough),
    )


def _baseline_doubts(
    measures: Measures, window: Window, first_success: float | None, enough: Enough
) -> list[str]:
    if first_success is None or first_success > window.fault:
        return ["nothing succeeded before the fault: there is no baseline"]
    found = []
    length = window.fault - first_success
    if length < enough.baseline_s:
        found.append(f"the baseline is {length:.2f} s; at least {enough.baseline_s:g} s are needed")
    successes = measures.before.samples if measures.before else 0
    if successes < enough.baseline_samples:
        found.append(f"{successes} successes in the baseline; at least {enough.baseline_samples} are needed")
    if measures.errors_before:
        found.append(f"{measures.errors_before} requests failed before the fault: it was not steady")
    return found


def _probe_doubts(measures: Measures, enough: Enough) -> list[str]:
    found = []
    if measures.samples < enough.samples:
        found.append(f"{measures.samples} requests ended in the window; at least {enough.samples} are needed")
    too_few = measures.rate_reached is not None and measures.rate_reached < enough.rate
    if too_few and measures.missed > MAY_MISS:
        found.append(
            f"the probe made {measures.rate_reached:.0%} of the requests that were due; "
            f"at least {enough.rate:.0%} are needed"
        )
    return found


def _bite_doubts(measures: Measures, window: Window, budget: Budget | None, enough: Enough) -> list[str]:
    found = []
    if budget is not None and measures.longest_gap_s < budget.least_s:
        found.append(
            f"the fault did not bite: the longest time without a success was {measures.longest_gap_s:.2f} s, "
            f"it must cost at least {budget.least_s:.2f} s"
        )
    recovered = measures.recovered_after_s
    # A fault that exceeded its budget is a failure, whether or not the service stayed up afterwards.
    over_budget = budget is not None and exceeded(measures, budget)
    if recovered and not over_budget and window.end - window.fault - recovered < enough.stayed_s:
        found.append(
            f"the window ends {window.end - window.fault - recovered:.2f} s after the service was back: "
            f"at least {enough.stayed_s:g} s are needed to say that it stayed"
        )
    return found
