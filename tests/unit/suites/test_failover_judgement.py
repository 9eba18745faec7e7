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
from suites.probes.trace import Trace, Window
from suites.seam.target import Timing


def test_a_gap_within_the_budget_passes_and_is_told() -> None:
    judged = judge(story())
    assert (judged.verdict, judged.why) == (Verdict.PASSED, ())
    assert "longest gap 2.00 s (sql-new) of 4.05 s" in judged.seen


@pytest.mark.parametrize(
    ("told", "verdict", "why"),
    [
        (story(gap=4.5), Verdict.FAILED, "nothing succeeded for 4.50 s"),
        (story(gap=1.0), Verdict.INCONCLUSIVE, "did not bite"),
        (story(proof=Proof(holds=False, seen="it runs")), Verdict.INCONCLUSIVE, "no proof"),
        (story(writes=replace(CLEAN, doubts=("no row read",))), Verdict.INCONCLUSIVE, "no row read"),
        (story(writes=replace(CLEAN, lost={"database-3": ("k",)})), Verdict.FAILED, "rows lost"),
        (
            story(holdings=(Holding(100.0, "a"), Holding(109.0, "a, b"))),
            Verdict.FAILED,
            "not exactly one holder",
        ),
        (story(unwatched_s=3.0), Verdict.INCONCLUSIVE, "no host told"),
        (story(messages=MessageFindings(9, ("m",), ())), Verdict.FAILED, "lost messages 1 of 9"),
        (story(messages=MessageFindings(0, (), ())), Verdict.INCONCLUSIVE, "no message was confirmed"),
        (story(keys=KeyFindings(90, 40, 20, ("k",), ())), Verdict.FAILED, "lost keys 1 of 60"),
        (story(keys=KeyFindings(90, 9, 20, (), ())), Verdict.INCONCLUSIVE, "9 keys set before the fault"),
        (story(keys=KeyFindings(90, 20, 9, (), ())), Verdict.INCONCLUSIVE, "9 keys set by the new master"),
        (story(left=("an image was left",)), Verdict.FAILED, "an image was left"),
        (
            story(again=Calm(holds=False, seen="sql-new: refused", failures=True)),
            Verdict.FAILED,
            "clients still saw failures in the end: sql-new: refused",
        ),
        (story(mending=Window(UNDONE - 2.0, UNDONE, END + 2.0)), Verdict.FAILED, "no database took a write"),
        (
            story(traces=(*story().traces, seen(beats(100.0, END), by="database-1"))),
            Verdict.FAILED,
            "two writers",
        ),
        (
            story(traces=(seen([*beats(102.9, FAULT), *beats(FAULT + 2.0, END)]),)),
            Verdict.INCONCLUSIVE,
            "baseline",
        ),
        (
            slow_to_mend(),
            Verdict.FAILED,
            "mending: ",
        ),
    ],
    ids=[
        "gap", "no-bite", "no-proof", "doubt", "lost", "two-holders", "unwatched",
        "lost-message", "no-message", "lost-key", "few-keys-before", "few-keys-after", "left",
        "not-served", "no-writer", "two-writers", "baseline", "mending",
    ],
)  # fmt: skip
def test_what_is_no_pass(told: Story, verdict: Verdict, why: str) -> None:
    judged = judge(told)
    assert judged.verdict is verdict
    assert why in judged.seen


UNMEASURED = {
    "proof-unread": story(proof=Proof(holds=False, seen="(the reading failed: time-out)", read=False)),
    "no-proof-beside-a-stall": story(proof=Proof(holds=False, seen="it runs"), stalled_s=0.9),
    "unwatched": story(unwatched_s=3.0),
    "baseline": story(traces=(seen([*beats(102.9, FAULT), *beats(FAULT + 2.0, END)]),)),
    "not-steady": story(traces=(seen([failed(101.0), *back_until(END)]),)),
    "stopped-probe": story(traces=(stopped(back_until(END), 106.5, 109.5),)),
    "few-keys": story(keys=KeyFindings(90, 9, 20, (), ())),
    "no-message": story(messages=MessageFindings(0, (), ())),
    "machine-stood-still": story(gap=4.5, stalled_s=1.0),
    "machine-stood-still-mending": replace(slow_to_mend(), stalled_s=1.0),
    "machine-stood-still-and-no-bite": story(gap=2.0, stalled_s=0.6),
    "too-few-in-the-end": story(again=Calm(holds=False, seen="sql-new: 20 successes in 2.2 s")),
    "unmeasured-and-no-bite": story(gap=1.0, unwatched_s=3.0),
}
JUDGED = {
    "no-bite": story(gap=1.0),
    "no-bite-beside-a-stall": story(gap=1.0, stalled_s=0.9),
    "no-proof": story(proof=Proof(holds=False, seen="it runs")),
    "passed": story(),
    "passed-though-the-machine-stood-still": story(gap=3.0, stalled_s=1.4),
    "gap": story(gap=4.5),
    "lost": story(writes=replace(CLEAN, lost={"database-3": ("k",)}), stalled_s=9.0),
    "not-served": story(again=Calm(holds=False, seen="sql-new: refused", failures=True)),
}


@pytest.mark.parametrize(("gap", "verdict"), [(4.45, Verdict.PASSED), (4.55, Verdict.FAILED)])
def test_who_asks_every_half_second_may_hear_so_much_later_that_all_is_well(
    gap: float, verdict: Verdict
) -> None:
    # Seen: two answers to `issue` 1.25 s apart, none of which took a second; the budget was 1.12 s.
    requests = [*beats(100.0, FAULT, 2.0), *without(FAULT, FAULT + gap), *beats(FAULT + gap - 0.5, END, 2.0)]
    rare = replace(seen(requests), rate=2.0)
    windows = {"failing": Window(100.0, FAULT, 112.0), "mending": Window(109.0, 112.0, END)}
    assert judge(story(traces=(rare,), **windows)).verdict is verdict


@pytest.mark.parametrize("told", UNMEASURED.values(), ids=UNMEASURED)
def test_what_could_not_be_measured_is_inconclusive_and_not_final(told: Story) -> None:
    judged = judge(told)
    assert (judged.verdict, judged.final) == (Verdict.INCONCLUSIVE, False)


@pytest.mark.parametrize("told", JUDGED.values(), ids=JUDGED)
def test_what_was_seen_of_the_stage_or_the_fault_is_final(told: Story) -> None:
    assert judge(told).final


def test_who_waits_longer_for_an_answer_may_go_without_for_so_much_longer() -> None:
    patient = replace(story().traces[0], timeout_s=3.0)
    assert budget_of(story(), patient).longest_gap_s == pytest.approx(4.0 + 2.0 + 1 / 20)
    assert (allowed(story(), patient).recovered_s or 0.0) == pytest.approx(4.0 + 2.0 + 0.1 + 0.25 + 3 / 20)


def test_a_machine_that_stood_still_makes_nothing_quicker_and_a_pass_stands() -> None:
    assert judge(story(gap=3.0, stalled_s=1.4)).verdict is Verdict.PASSED
    judged = judge(story(gap=4.5, stalled_s=1.4))
    assert judged.why[0] == "this machine itself stood still for 1.40 s"
    assert "nothing succeeded for 4.50 s" in judged.why[1]


def test_two_holders_or_no_writer_are_no_failure_of_a_stage_whose_machine_stood_still() -> None:
    held = (Holding(100.0, "a"), Holding(109.0, "a, b"))
    judged = judge(story(holdings=held, stalled_s=1.5))
    assert (judged.verdict, judged.final) == (Verdict.INCONCLUSIVE, False)
    assert "this machine itself stood still for 1.50 s" in judged.seen


def test_a_host_that_says_nothing_for_a_moment_may_hold_the_vip() -> None:
    held = (Holding(100.0, "a"), Holding(109.0, None), Holding(110.5, "a"))
    assert judge(story(holdings=held)).verdict is Verdict.PASSED
    assert judge(story(holdings=(*held[:2], Holding(111.5, "a")))).verdict is Verdict.FAILED


def test_a_stage_that_never_came_back_failed_although_nothing_is_known_of_its_way_back() -> None:
    judged = judge(story(traces=(seen([*beats(100.0, FAULT), *without(FAULT, END)]),)))
    assert judged.verdict is Verdict.FAILED
    assert "not recovered" in judged.seen


def test_who_asks_seldom_is_seldom_told_that_all_is_well() -> None:
    told = story()
    often, seldom = (
        allowed(told, replace(told.traces[0], rate=rate)).recovered_s or 0.0 for rate in (20.0, 0.5)
    )
    assert often == pytest.approx(4.0 + 0.1 + 0.25 + 3 / 20)
    assert seldom == pytest.approx(4.0 + 0.1 + 0.25 + 3 / 0.5)


def test_what_is_told_of_messages_and_keys_is_no_failure_by_itself() -> None:
    judged = judge(story(messages=MessageFindings(9, (), ("m",)), keys=KeyFindings(90, 40, 20, (), ("k",))))
    assert judged.verdict is Verdict.PASSED
    assert "lost messages 0 of 9, 1 consumed more than once" in judged.seen
    assert "lost keys 0 of 60, and 1 that Redis did not promise" in judged.seen


def test_who_holds_the_vip_after_a_short_story_is_asked_of_its_end() -> None:
    held = (Holding(100.0, "a"), Holding(109.0, "a, b"), Holding(110.0, "b"))
    assert (
        judge(story(holdings=held, timing=Timing(60.0, 1.0, 2.4, 1.5, "arithmetic"))).verdict
        is Verdict.PASSED
    )


def test_errors_count_where_a_fault_may_cost_none() -> None:
    fault_case = replace(story().fault_case, errors=0)
    assert judge(story(fault_case=fault_case)).verdict is Verdict.FAILED


def test_the_last_writers_are_those_of_the_end() -> None:
    before, after = seen(beats(100.0, 112.0), by="database-1"), seen(beats(112.0, END))
    assert last_answering((before, after), Kind.SQL, END) == {"database-2"}
    assert last_answering((before, after), Kind.REDIS, END) == frozenset()


def test_probes_are_calm_when_all_succeed_without_a_gap() -> None:
    asked = [Probe(Kind.SQL, "new", 20.0)]
    assert calm({"sql-new": beats(100.0, 102.2)}, asked, 102.2).holds
    assert not calm({"sql-new": [*beats(100.0, 102.2), failed(101.0)]}, asked, 102.2).holds
    assert not calm({"sql-new": beats(100.0, 101.2)}, asked, 102.2).holds
    assert not calm({"sql-new": [ok(101.0)]}, asked, 102.2).holds
    assert not calm({}, asked, 102.2).holds


def test_a_probe_that_was_late_itself_has_no_word_on_failures() -> None:
    asked = [Probe(Kind.SQL, "new", 20.0)]
    late = replace(ok(101.5), due=100.5, start=101.5)
    looked = calm({"sql-new": [*beats(100.0, 102.2), failed(101.0), late]}, asked, 102.2)
    assert (looked.holds, looked.failures) == (False, False)
    assert calm({"sql-new": [*beats(100.0, 102.2), failed(101.0)]}, asked, 102.2).failures


def test_a_slow_probe_is_calm_when_it_had_two_successes_one_after_the_other() -> None:
    (server,) = probes(Kind.SERVER)
    end = 100.0 + server.calm_s
    assert calm({"server-new": [ok(102.0), ok(105.0)]}, [server], end).holds
    assert not calm({"server-new": [ok(102.0)]}, [server], end).holds
    assert not calm({"server-new": [ok(102.0), failed(105.0)]}, [server], end).holds


def test_a_fast_probe_must_be_calm_for_as_long_as_the_slowest_one() -> None:
    asked = [Probe(Kind.HTTP, "new", 5.0), Probe(Kind.ISSUE, "new", 2.0)]
    end = 100.0 + asked[1].calm_s
    issued = [ok(100.2 + number / 2) for number in range(6)]
    asking = beats(100.0, end, rate=5.0)
    assert calm({"http-new": asking, "issue-new": issued}, asked, end).holds
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
