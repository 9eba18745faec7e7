"""The measures against a brute-force oracle, on traces that nobody would think of."""

from hypothesis import given
from hypothesis import strategies as st
from traced import last_before, quantile, trace_of, waited

from suites.failover.analysis.measures import Latency
from suites.failover.analysis.measuring import measure
from suites.probes.trace import Request, RequestOutcome, Trace, Window

# Eighths of a second are exact in binary: a difference is what the oracle's difference is.
moments = st.integers(0, 400).map(lambda eighths: eighths / 8)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    due, late, took = draw(moments), draw(st.integers(0, 4)) / 8, draw(st.integers(0, 40)) / 8
    return Request(due, due + late, due + late + took, draw(st.sampled_from(RequestOutcome)))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    begin, fault, undone, end = sorted(draw(st.lists(moments, min_size=4, max_size=4)))
    return Window(begin, fault, end, draw(st.sampled_from((None, undone))))


traces = st.builds(trace_of, st.lists(requests(), max_size=40), rate=st.sampled_from((0.0, 0.5, 4.0, 20.0)))


def _ends(trace: Trace, window: Window, *outcomes: RequestOutcome) -> list[float]:
    wanted = outcomes or tuple(RequestOutcome)
    return [
        one.end for one in trace.requests if one.outcome in wanted and window.begin <= one.end <= window.end
    ]


@given(traces, windows())
def test_the_longest_gap_is_the_longest_stretch_in_which_nothing_succeeded(
    trace: Trace, window: Window
) -> None:
    successes = _ends(trace, window, RequestOutcome.OK)
    begin = last_before(successes, window)
    measures = measure(trace, window)
    assert measures.longest_gap_s == waited(successes, begin, window.end)
    gap_begin = window.fault + measures.longest_gap_from_s
    assert begin <= gap_begin <= window.end
    assert waited(successes, gap_begin, gap_begin + measures.longest_gap_s) == measures.longest_gap_s


@given(traces, windows())
def test_the_baseline_gap_is_the_longest_between_successes_before_the_fault(
    trace: Trace, window: Window
) -> None:
    successes = [one for one in _ends(trace, window, RequestOutcome.OK) if one <= window.fault]
    expected = None
    if len(successes) > 1:
        expected = waited(successes, min(successes), max(successes))
    assert measure(trace, window).baseline_gap_s == expected


@given(traces, windows())
def test_errors_are_all_that_failed_in_the_window_first_to_last(trace: Trace, window: Window) -> None:
    ends = _ends(trace, window, RequestOutcome.ERROR, RequestOutcome.TIMEOUT)
    measures = measure(trace, window)
    assert measures.errors == len(ends)
    assert measures.errors_before == len([end for end in ends if end <= window.fault])
    assert measures.first_error_s == (min(ends) - window.fault if ends else None)
    assert measures.last_error_s == (max(ends) - window.fault if ends else None)


@given(traces, windows())
def test_unavailability_is_every_moment_that_lies_in_a_stall(trace: Trace, window: Window) -> None:
    successes = _ends(trace, window, RequestOutcome.OK)
    measures = measure(trace, window)
    begin = last_before(successes, window)
    stalled = 0.0
    for number in range(int((window.end - begin) * 8)):
        middle = begin + number / 8 + 1 / 16
        left = max([begin, *(one for one in successes if one < middle)])
        right = min([window.end, *(one for one in successes if one > middle)])
        stalled += 1 / 8 if right - left > measures.stall_over_s else 0.0
    assert measures.unavailable_s == stalled


@given(traces, windows())
def test_recovered_is_the_earliest_success_after_which_all_is_well(trace: Trace, window: Window) -> None:
    successes = _ends(trace, window, RequestOutcome.OK)
    failures = [
        end
        for end in _ends(trace, window, RequestOutcome.ERROR, RequestOutcome.TIMEOUT)
        if end > window.fault
    ]
    measures = measure(trace, window)

    def well_from(moment: float) -> bool:
        stalls = waited(successes, moment, window.end) > measures.stall_over_s
        return not stalls and not any(end > moment for end in failures)

    if well_from(last_before(successes, window)):
        expected = 0.0
    else:
        good = [one for one in successes if one > window.fault and well_from(one)]
        expected = min(good) - window.fault if good else None
    assert measures.recovered_after_s == expected


@given(traces, windows())
def test_latencies_are_counted_from_when_a_request_was_due(trace: Trace, window: Window) -> None:
    measures = measure(trace, window)
    back = measures.recovered_after_s
    over = max(window.end if back is None else window.fault + back, window.undone or window.fault)
    phases: tuple[list[float], list[float], list[float]] = ([], [], [])
    for one in trace.requests:
        if one.outcome is RequestOutcome.OK and window.begin <= one.end <= window.end:
            phase = 0 if one.end <= window.fault else 1 if one.due < over else 2
            phases[phase].append(one.end - one.due)
    expected = [
        Latency(quantile(took, 0.5), quantile(took, 0.99), quantile(took, 0.999), len(took)) if took else None
        for took in phases
    ]
    assert [measures.before, measures.during, measures.after] == expected


@given(traces, windows(), moments)
def test_another_zero_of_the_clock_changes_nothing(trace: Trace, window: Window, shift: float) -> None:
    moved = trace_of(
        [Request(one.due + shift, one.start + shift, one.end + shift, one.outcome) for one in trace.requests],
        trace.rate,
    )
    undone = None if window.undone is None else window.undone + shift
    assert measure(trace, window) == measure(
        moved, Window(window.begin + shift, window.fault + shift, window.end + shift, undone)
    )
