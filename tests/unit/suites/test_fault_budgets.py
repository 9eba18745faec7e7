"""Every fault's budget can say no: an outage just within it passes, the least one beyond it is red."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from storied import CLEAN, story
from suites_sample import REPOSITORY
from traced import ok

from stages.config import read
from stages.config.timing import FORMULAS, timings
from suites.failover.analysis.measures import Verdict
from suites.failover.judging import Judged, allowed, judge
from suites.failover.marks import Holding
from suites.failover.story import Story
from suites.faults.fault_case import FaultCase
from suites.harness.layout import OF_FAULTS, Place
from suites.harness.loading import loaded
from suites.probes.spec import Probe, probes
from suites.probes.trace import Request, RequestOutcome, Trace, Window
from suites.seam.target import Timing

CONFIG = read(REPOSITORY / "config")
SETTINGS = CONFIG.stage("staging").settings
CASES = {
    (name, one.name): one
    for name in Place(REPOSITORY / "suites", "smoke", None).components
    for one in loaded("suites", name).faults
}
FAULT, NEAR_S = 1000.0, 0.02


def every_probe() -> Iterator[object]:
    for (component, fault), case in CASES.items():
        for kind in case.notice:
            for probe in probes(kind):
                yield pytest.param(component, case, probe, id=f"{component}-{fault}-{probe.name}")


def timing_of(component: str, fault: str) -> Timing:
    told = timings(SETTINGS)[component][fault].to_json()
    return Timing(**told)  # type: ignore[arg-type]  # as target.json has it


def asked(probe: Probe, begin: float, out: float, back: float, end: float) -> Trace:
    """Answered at the probe's rate, but for what was due between `out` and `back`: that waited until then."""
    requests = []
    number = int((begin - out) * probe.rate)
    while (due := out + number / probe.rate) < end:
        number += 1
        requests.append(replace(ok(back), due=due, start=due) if out < due < back else ok(due))
    return Trace(
        probe.name, probe.kind.value, probe.connection, probe.rate, probe.timeout_s, begin, end,
        tuple(sorted(requests, key=lambda one: one.end)),
    )  # fmt: skip


def told_of(component: str, case: FaultCase, probe: Probe, gap: float) -> Story:
    """A fault during which this probe alone had no answer for so long; a total one lasts as it says."""
    long = max(12.0, 8 / probe.rate, *(6 / one.rate for kind in case.probes for one in probes(kind)))
    lasted = case.held_s if case.total else max(case.held_s, gap + long)
    begin, undone = FAULT - long, FAULT + lasted
    end = max(undone, FAULT + gap) + long
    back = {one.name: FAULT + gap if one == probe else FAULT for kind in case.probes for one in probes(kind)}
    if case.total:  # nobody was served until then, in the least
        back |= {name: undone for name in back if name != probe.name}
    two = (Holding(FAULT + 0.5, "a, b"), Holding(undone + 0.1, "a")) if case.parts_vip else ()
    return story(
        component=component,
        fault_case=case,
        timing=timing_of(component, case.name),
        failing=Window(begin, FAULT, undone),
        mending=Window(undone - long, undone, end),
        traces=tuple(
            replace(trace, requests=tuple(replace(one, by="database-2") for one in trace.requests))
            for kind in case.probes
            for one in probes(kind)
            for trace in [asked(one, begin, FAULT, back[one.name], end)]
        ),
        holdings=(Holding(begin, "a"), *two),
        writes=CLEAN,
    )


def judged(component: str, case: FaultCase, probe: Probe, beyond_s: float) -> tuple[Judged, float]:
    first = told_of(component, case, probe, 1.0)
    (trace,) = [one for one in first.traces if one.probe == probe.name]
    most = allowed(first, trace).longest_gap_s
    return judge(told_of(component, case, probe, most + beyond_s)), most


@pytest.mark.parametrize(("component", "case", "probe"), list(every_probe()))
def test_an_outage_within_the_budget_passes_and_the_least_beyond_it_is_red(
    component: str, case: FaultCase, probe: Probe
) -> None:
    within, _ = judged(component, case, probe, -NEAR_S)
    assert (within.verdict, within.why) == (Verdict.PASSED, ())
    beyond, most = judged(component, case, probe, NEAR_S)
    assert beyond.verdict is Verdict.FAILED
    assert beyond.failing[probe.name].longest_gap_s == pytest.approx(most + NEAR_S)
    assert any(why.startswith(f"{probe.name}: nothing succeeded for ") for why in beyond.why)


UNSTEADY = [one for one in CASES if timing_of(*one).unsteady_s]


@pytest.mark.parametrize(("component", "fault"), UNSTEADY)
def test_where_a_host_in_use_answers_nothing_some_requests_may_fail_until_it_is_out(
    component: str, fault: str
) -> None:
    case = CASES[component, fault]
    probe = probes(case.notice[0])[0]
    timing = timing_of(component, fault)

    def failing_until(moment: float) -> Judged:
        undone = FAULT + timing.unsteady_s + 20.0
        begin, end = FAULT - 20.0, undone + 20.0
        traces = [asked(one, begin, FAULT, FAULT, end) for kind in case.probes for one in probes(kind)]
        late = Request(moment - 3, moment - 3, moment, RequestOutcome.TIMEOUT, error="timed out")
        traces = [
            replace(one, requests=tuple(replace(r, by="database-2") for r in one.requests)) for one in traces
        ]
        traces = [
            replace(one, requests=(*one.requests, late)) if one.probe == probe.name else one for one in traces
        ]
        return judge(
            story(
                component=component, fault_case=case, timing=timing, traces=tuple(traces),
                failing=Window(begin, FAULT, undone), mending=Window(undone - 10.0, undone, end),
                holdings=(Holding(begin, "a"),),
            )
        )  # fmt: skip

    most = timing.budget_s + timing.unsteady_s + 0.1 + 0.25 + 3 / probe.rate
    assert failing_until(FAULT + most - 1.0).verdict is Verdict.PASSED
    beyond = failing_until(FAULT + most + 1.0)
    assert beyond.verdict is Verdict.FAILED
    assert "recovered after" in beyond.seen


def test_each_fault_has_a_formula_and_is_in_the_roster_of_one_gate() -> None:
    rosters = [
        (component, fault)
        for gate in OF_FAULTS
        for component, faults in CONFIG.gates[gate].once.items()
        for fault in faults
    ]
    assert sorted(rosters) == sorted(CASES)
    assert set(FORMULAS) == set(CASES)


def test_each_fault_that_nobody_may_notice_has_no_more_than_the_time_out_of_a_request() -> None:
    free = {one: timing_of(*one) for one, case in CASES.items() if case.errors == 0}
    assert free
    for (component, fault), timing in free.items():
        own = 0.1 if component == "memcached" else 0.0
        assert timing.arithmetic_s == pytest.approx(own), fault
