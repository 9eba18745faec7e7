import pytest
from traced import beats, failed, ok, trace_of

from suites.failover.analysis.measures import Budget, Measures, Verdict
from suites.failover.analysis.measuring import measure
from suites.probes.trace import Request, RequestOutcome, Window

WINDOW = Window(0.0, 5.0, 15.0)
STEADY = beats(0.0, 5.0)


def _measured(requests: list[Request], budget: Budget | None = None, rate: float = 20.0) -> Measures:
    return measure(trace_of(requests, rate), WINDOW, budget)


def _waiting(until: float) -> list[Request]:
    """Requests that are due while nothing succeeds, and end with a time-out."""
    return [
        failed(5.0 + number / 20 + 0.9, 0.9, RequestOutcome.TIMEOUT)
        for number in range(int((until - 5.0) * 20))
    ]


STALL = [*STEADY, *beats(7.0, 15.0), *_waiting(6.0)]
TWO_ERRORS = [*STEADY, *beats(5.0, 15.0), failed(6.0), failed(6.5)]
NOTHING = "nothing succeeded for"
BACK_AT_THE_END = [*STEADY, *_waiting(13.5), *beats(14.4, 15.0)]


@pytest.mark.parametrize(
    ("requests", "budget", "exceeded"),
    [
        (STALL, Budget(2.06, least_s=1.0), ()),
        (STALL, Budget(2.04), (f"{NOTHING} 2.05 s; the budget is 2.04 s",)),
        (TWO_ERRORS, Budget(3.0, errors=2), ()),
        (TWO_ERRORS, Budget(3.0, errors=1), ("2 requests failed; the budget is 1",)),
        # What cost too much needs no proof that the service stayed: the window ends soon after.
        (BACK_AT_THE_END, Budget(5.0), (f"{NOTHING} 9.45 s; the budget is 5.00 s",)),
    ],
)
def test_a_fault_passes_within_its_budget_and_else_says_by_how_much_it_exceeded_it(
    requests: list[Request], budget: Budget, exceeded: tuple[str, ...]
) -> None:
    measures = _measured(requests, budget)
    assert (measures.exceeded, measures.doubts) == (exceeded, ())
    assert measures.verdict is (Verdict.FAILED if exceeded else Verdict.PASSED)


def test_a_fault_that_costs_far_less_than_it_must_did_not_bite() -> None:
    measures = _measured([*STEADY, *beats(5.0, 15.0)], Budget(3.0, least_s=1.5))
    assert measures.verdict is Verdict.INCONCLUSIVE
    assert "the fault did not bite" in measures.doubts[0]


def test_a_service_that_does_not_come_back_fails_whatever_its_budget() -> None:
    measures = _measured([*STEADY, *_waiting(14.0)], Budget(60.0))
    assert measures.verdict is Verdict.FAILED
    assert measures.recovered_after_s is None
    assert measures.longest_gap_s == pytest.approx(10.0)


def test_a_second_stall_at_fail_back_is_part_of_the_time_to_recover() -> None:
    measures = _measured([*STEADY, *beats(6.0, 10.0), *beats(11.5, 15.0), *_waiting(8.0)])
    assert measures.recovered_after_s == pytest.approx(6.55)
    assert measures.unavailable_s == pytest.approx(1.05 + 1.55)


def test_a_short_delay_of_a_busy_machine_is_not_a_stall() -> None:
    measures = _measured([*STEADY, *beats(5.3, 15.0)])
    assert measures.recovered_after_s == 0
    assert measures.longest_gap_s == pytest.approx(0.35)


@pytest.mark.parametrize(
    ("requests", "doubt"),
    [
        (beats(4.0, 15.0), "the baseline is 0.95 s"),
        ([*beats(0.0, 0.3), *beats(5.0, 15.0)], "6 successes in the baseline"),
        (beats(5.0, 15.0), "nothing succeeded before the fault"),
        ([*beats(0.0, 15.0), failed(3.0)], "1 requests failed before the fault"),
        (beats(0.0, 15.0, rate=17.0), "the probe made 85% of the requests that were due"),
        (beats(0.0, 15.0, rate=1.0), "15 requests ended in the window"),
        (BACK_AT_THE_END, "the window ends 0.55 s after the service was back"),
    ],
)
def test_too_little_seen_is_inconclusive(requests: list[Request], doubt: str) -> None:
    measures = _measured(requests, Budget(60.0))
    assert measures.verdict is Verdict.INCONCLUSIVE
    assert any(doubt in told for told in measures.doubts), measures.doubts


@pytest.mark.parametrize(("missing", "doubted"), [(1, False), (2, True)])
def test_of_a_slow_probe_one_request_may_be_missing(missing: int, doubted: bool) -> None:  # noqa: FBT001 - of a row
    requests = beats(0.0, 3.0, rate=3.0)[missing:]
    measures = measure(trace_of(requests, 3.0), Window(0.0, 1.0, 3.0))
    assert any("of the requests that were due" in doubt for doubt in measures.doubts) is doubted


def test_doubt_goes_before_failure() -> None:
    measures = _measured(beats(0.0, 8.0, rate=10.0), Budget(3.0))
    assert measures.exceeded
    assert measures.verdict is Verdict.INCONCLUSIVE


def test_a_closed_loop_has_no_rate_to_reach() -> None:
    assert _measured(beats(0.0, 15.0, rate=5.0), rate=0.0).rate_reached is None


def test_a_request_that_still_waits_when_the_window_ends_is_no_success() -> None:
    measures = _measured([*STEADY, ok(15.1, 10.0)])
    assert measures.longest_gap_s == pytest.approx(10.0)
    assert measures.samples == len(STEADY)


def test_a_window_runs_forwards() -> None:
    with pytest.raises(ValueError, match="from begin to fault to end"):
        Window(5.0, 4.0, 9.0)
