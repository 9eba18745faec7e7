"""What a fault's story says of the stage: a pass has no doubt, and nothing worse is taken for one."""

from dataclasses import replace

import pytest
from storied import CLEAN, END, FAULT, UNDONE, back_until, seen, slow_to_mend, stopped, story, without
from traced import beats, failed, ok

from suites.failover.analysis.acknowledged import KeyFindings, MessageFindings
from suites.failover.analysis.measures import Verdict
from suites.failover.calm import Calm, calm
from suites.failover.events import once
from suites.failover.holders import Sighting, alone, timeline, unwatched
from suites.failover.judging import allowed, budget_of, enough, judge
from suites.failover.marks import Event, Holding
from suites.failover.story import Story, last_answering
from suites.faults.injector import Proof
from suites.probes.spec import Kind, Probe, probes
from suites.probes.trace import Request, Trace, Window
from suites.seam.target import Timing

LOST = replace(CLEAN, lost={"database-3": ("k",)})
TWO_HOLDERS = (Holding(100.0, "a"), Holding(109.0, "a, b"))
SILENT_HOLDER = (Holding(100.0, "a"), Holding(109.0, None))
NO_PROOF = Proof(holds=False, seen="it runs")
STOOD_STILL = "this machine itself or its disk stood still for"


def asked_every_half_second(gap: float) -> Story:
    # Seen: two answers to `issue` 1.25 s apart, none of which took a second; the budget was 1.12 s.
    requests = [*beats(100.0, FAULT, 2.0), *without(FAULT, FAULT + gap), *beats(FAULT + gap - 0.5, END, 2.0)]
    rare = replace(seen(requests), rate=2.0)
    return story(traces=(rare,), failing=Window(100.0, FAULT, 112.0), mending=Window(109.0, 112.0, END))


# By what is special about a story: the story, and words that its judgement must have.
PASSED = {
    "a gap within the budget": (story(), "longest gap 2.00 s (sql-new) of 4.05 s"),
    "the machine stood still": (story(gap=3.0, stalled_s=1.4), "longest gap 3.00 s"),
    "the machine stood still for longer than a gap that may be none": (
        story(gap=1.3, stalled_s=1.4, timing=Timing(4.0, 1.0, 2.4, 0.0, "arithmetic")),
        "longest gap 1.30 s",
    ),
    "a message consumed twice": (
        story(messages=MessageFindings(9, (), ("m",))),
        "lost messages 0 of 9, 1 consumed more than once",
    ),
    "a key lost that Redis did not promise": (
        story(keys=KeyFindings(90, 40, 20, (), ("k",))),
        "lost keys 0 of 60, and 1 that Redis did not promise",
    ),
    "a holder silent for a moment": (story(holdings=(*SILENT_HOLDER, Holding(110.5, "a"))), "longest gap"),
    "two holders in a story shorter than its budget, one at its end": (
        story(holdings=(*TWO_HOLDERS, Holding(110.0, "b")), timing=Timing(60.0, 1.0, 2.4, 1.5, "arithmetic")),
        "of 60.05 s",
    ),
    "a gap as long as the budget and a request's interval": (asked_every_half_second(4.45), "of 4.50 s"),
}
FAILED = {
    "gap": (story(gap=4.5), "nothing succeeded for 4.50 s"),
    "gap longer than the budget and a request's interval": (
        asked_every_half_second(4.55),
        "nothing succeeded",
    ),
    "never recovered": (story(traces=(seen([*beats(100.0, FAULT), *without(FAULT, END)]),)), "not recovered"),
    "errors where none may be": (
        story(fault_case=replace(story().fault_case, errors=0)),
        "requests failed; the budget is 0",
    ),
    "lost rows": (story(writes=LOST), "rows lost"),
    "lost rows beside a stall": (story(writes=LOST, stalled_s=9.0), "rows lost"),
    "lost message": (story(messages=MessageFindings(9, ("m",), ())), "lost messages 1 of 9"),
    "lost key": (story(keys=KeyFindings(90, 40, 20, ("k",), ())), "lost keys 1 of 60"),
    "two holders": (story(holdings=TWO_HOLDERS), "not exactly one holder"),
    "a holder silent for long": (
        story(holdings=(*SILENT_HOLDER, Holding(111.5, "a"))),
        "not exactly one holder",
    ),
    "left by a probe": (story(left=("an image was left",)), "an image was left"),
    "not served": (
        story(again=Calm(holds=False, seen="sql-new: refused", failures=True)),
        "clients still saw failures in the end: sql-new: refused",
    ),
    "no writer": (story(mending=Window(UNDONE - 2.0, UNDONE, END + 2.0)), "no database took a write"),
    "two writers": (
        story(traces=(*story().traces, seen(beats(100.0, END), by="database-1"))),
        "two writers",
    ),
    "mending": (slow_to_mend(), "mending: "),
}
NO_EFFECT = {
    "no bite": (story(gap=1.0), "did not bite"),
    "no bite beside a stall": (story(gap=1.0, stalled_s=0.9), "did not bite"),
    "no proof": (story(proof=NO_PROOF), "no proof"),
}
UNMEASURED = {
    "proof not read": (story(proof=replace(NO_PROOF, read=False)), "no proof"),
    "no proof beside a stall": (story(proof=NO_PROOF, stalled_s=0.9), "no proof"),
    "a doubt about rows": (story(writes=replace(CLEAN, doubts=("no row read",))), "no row read"),
    "unwatched": (story(unwatched_s=3.0), "no host told"),
    "unwatched, and no bite": (story(gap=1.0, unwatched_s=3.0), "no host told"),
    "baseline": (story(traces=(seen([*beats(102.9, FAULT), *beats(FAULT + 2.0, END)]),)), "the baseline is"),
    "not steady": (story(traces=(seen([failed(101.0), *back_until(END)]),)), "it was not steady"),
    "stopped probe": (
        story(traces=(stopped(back_until(END), 106.5, 109.5),)),
        "of the requests that were due",
    ),
    "no message": (story(messages=MessageFindings(0, (), ())), "no message was confirmed"),
    "few keys before": (story(keys=KeyFindings(90, 9, 20, (), ())), "9 keys set before the fault"),
    "few keys after": (story(keys=KeyFindings(90, 20, 9, (), ())), "9 keys set by the new master"),
    "too few requests in the end": (
        story(again=Calm(holds=False, seen="sql-new: 20 successes in 2.2 s")),
        "too few requests ended once all was healthy",
    ),
    "gap beside a stall": (
        story(gap=4.5, stalled_s=1.4),
        f"{STOOD_STILL} 1.40 s; sql-new: nothing succeeded for 4.50 s",
    ),
    "two holders beside a stall": (story(holdings=TWO_HOLDERS, stalled_s=1.5), f"{STOOD_STILL} 1.50 s"),
    "mending beside a stall": (replace(slow_to_mend(), stalled_s=1.0), f"{STOOD_STILL} 1.00 s"),
    "a stall that may be the gap": (story(gap=2.0, stalled_s=0.6), "the fault may have cost less"),
}
JUDGEMENTS = (
    (PASSED, Verdict.PASSED, True),
    (FAILED, Verdict.FAILED, True),
    (NO_EFFECT, Verdict.INCONCLUSIVE, True),
    (UNMEASURED, Verdict.INCONCLUSIVE, False),
)


@pytest.mark.parametrize(
    ("told", "words", "verdict", "final"),
    [
        pytest.param(told, words, verdict, final, id=f"{verdict.value}: {name}")
        for stories, verdict, final in JUDGEMENTS
        for name, (told, words) in stories.items()
    ],
)
def test_a_story_is_judged(told: Story, words: str, verdict: Verdict, *, final: bool) -> None:
    judged = judge(told)
    assert (judged.verdict, judged.final) == (verdict, final)
    assert words in judged.seen
    assert (judged.why == ()) is (verdict is Verdict.PASSED)


@pytest.mark.parametrize(
    ("rate", "timeout_s", "without_service_s"), [(20.0, 1.0, 4.0), (0.5, 1.0, 4.0), (20.0, 3.0, 4.0 + 2.0)]
)
def test_a_budget_grows_with_the_time_between_requests_and_with_their_timeout(
    rate: float, timeout_s: float, without_service_s: float
) -> None:
    trace = replace(story().traces[0], rate=rate, timeout_s=timeout_s)
    assert budget_of(story(), trace).longest_gap_s == pytest.approx(without_service_s + 1 / rate)
    assert allowed(story(), trace).recovered_s == pytest.approx(without_service_s + 0.1 + 0.25 + 3 / rate)


def test_the_last_writers_are_those_of_the_end() -> None:
    before, after = seen(beats(100.0, 112.0), by="database-1"), seen(beats(112.0, END))
    assert last_answering((before, after), Kind.SQL, END) == {"database-2"}
    assert last_answering((before, after), Kind.REDIS, END) == frozenset()


SQL = Probe(Kind.SQL, "new", 20.0)
(SERVER,) = probes(Kind.SERVER)
SERVED = beats(100.0, 100.0 + SQL.calm_s)
LATE = replace(ok(101.5), due=100.5, start=101.5)


@pytest.mark.parametrize(
    ("probe", "requests", "holds", "failures"),
    [
        pytest.param(SQL, SERVED, True, False, id="successes without a gap"),
        pytest.param(SQL, [*SERVED, failed(101.0)], False, True, id="a failure"),
        pytest.param(
            SQL, [*SERVED, failed(101.0), LATE], False, False, id="a failure while the probe was late"
        ),
        pytest.param(SQL, beats(100.0, 101.2), False, False, id="nothing in the last second"),
        pytest.param(SQL, [ok(101.0)], False, False, id="one success"),
        pytest.param(SQL, [], False, False, id="no request"),
        pytest.param(SERVER, [ok(102.0), ok(105.0)], True, False, id="a slow probe: two successes"),
        pytest.param(SERVER, [ok(102.0)], False, False, id="a slow probe: one success"),
        pytest.param(SERVER, [ok(102.0), failed(105.0)], False, True, id="a slow probe: a failure"),
    ],
)
def test_a_probe_is_calm_when_requests_succeed_without_a_gap(
    probe: Probe, requests: list[Request], *, holds: bool, failures: bool
) -> None:
    looked = calm({probe.name: requests}, [probe], 100.0 + probe.calm_s)
    assert (looked.holds, looked.failures) == (holds, failures)


def test_a_fast_probe_must_be_calm_for_as_long_as_the_slowest_one() -> None:
    asked = [Probe(Kind.HTTP, "new", 5.0), Probe(Kind.ISSUE, "new", 2.0)]
    end = 100.0 + asked[1].calm_s
    issued = [ok(100.2 + number / 2) for number in range(6)]
    asking = beats(100.0, end, rate=5.0)
    assert calm({"http-new": asking, "issue-new": issued}, asked, end).holds
    assert not calm({"http-new": asking}, asked, end).holds
    early = failed(end - asked[0].calm_s - 0.5)
    assert calm({"http-new": [*asking, early], "issue-new": issued}, asked, end).failures


@pytest.mark.parametrize(
    "probe", [probe for kind in Kind for probe in probes(kind)], ids=lambda probe: probe.name
)
def test_calm_lasts_until_it_holds_what_the_judgement_asks_of_a_baseline(probe: Probe) -> None:
    wanted = enough(Trace(probe.name, probe.kind.value, probe.connection, probe.rate, 1.0, 0.0, 0.0))
    missing = 0 if probe.kind is Kind.SERVER else 1
    assert int(probe.rate * probe.calm_s) - missing >= wanted.baseline_samples
    assert probe.calm_s - 1 / probe.rate >= wanted.baseline_s


def test_a_holder_that_falls_silent_holds_no_more() -> None:
    told = [
        Sighting(at, host, holds=holds)
        for at, host, holds in [(1.0, "a", True), (1.1, "b", False), (2.2, "b", False), (2.4, "b", True)]
    ]
    assert timeline(told, 1.2, 3.0) == (Holding(1.2, "a"), Holding(2.2, None), Holding(2.4, "b"))


def test_hosts_that_told_nothing_were_not_watched() -> None:
    told = [Sighting(at, "a", holds=True) for at in (1.0, 1.2, 4.0, 4.2)]
    assert unwatched(told, 1.0, 4.5) == pytest.approx(2.8)
    assert unwatched([], 1.0, 4.5) == pytest.approx(3.5)


def test_exactly_one_holder_all_the_time_is_alone_and_nobody_known_is_not() -> None:
    holdings = (Holding(0.0, "a"), Holding(1.0, "a, b"), Holding(2.0, "b"))
    assert alone(holdings, 2.5, 4.0)
    assert not alone(holdings, 1.5, 4.0)
    assert not alone((Holding(0.0, None),), 1.0, 4.0)
    assert not alone((), 1.0, 4.0)


def test_what_is_said_again_at_once_is_one_event() -> None:
    said = [Event(1.0, "down"), Event(1.01, "down"), Event(1.05, "up"), Event(3.0, "down")]
    assert [(event.at, event.what) for event in once(said)] == [(1.0, "down"), (1.05, "up"), (3.0, "down")]
