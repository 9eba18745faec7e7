"""What a fault may cost, what it must cost, and how much must have been seen to say either."""

from dataclasses import dataclass

from suites.failover.analysis.measures import Measures
from suites.probes.trace import Window

# What is not seen when one request is missing is less than `measuring.unseen_s`.
MAY_MISS = 1


@dataclass(frozen=True, slots=True)
class Budget:
    """What a client may go through. None leaves a measure unjudged.

    Below `least_s` without a success the fault did not bite.
    """

    longest_gap_s: float
    least_s: float = 0.0
    errors: int | None = None
    recovered_s: float | None = None


@dataclass(frozen=True, slots=True)
class Enough:
    """How much must have been seen for measures to mean anything.

    `baseline_s` and `baseline_samples`: before the fault, from the first success on. `samples`: requests
    that ended in the window. `rate`: the part of the due requests that were made; one may be missing all
    the same, which of a slow probe's few is more. `stayed_s`: observed after the service was back, to say
    that it stayed.
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
    # A fault that exceeded its budget is a failure, whether the service stayed up afterwards or not.
    over_budget = budget is not None and exceeded(measures, budget)
    if recovered and not over_budget and window.end - window.fault - recovered < enough.stayed_s:
        found.append(
            f"the window ends {window.end - window.fault - recovered:.2f} s after the service was back: "
            f"at least {enough.stayed_s:g} s are needed to say that it stayed"
        )
    return found
