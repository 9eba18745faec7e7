"""What a fault's story says of the stage: a pass has no doubt, and nothing worse is taken for one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from traced import beats, failed, ok

from suites.failover.calm import calm
from suites.failover.events import once
from suites.failover.holders import Sighting, alone, timeline, unwatched
from suites.failover.story import Story, allowed, judge, last_answering
from suites.harness.analysis import Verdict, WriteFindings
from suites.harness.analysis.messages import KeyFindings, MessageFindings
from suites.harness.marks import Event, Holding
from suites.harness.observation import Observation
from suites.harness.probing.spec import Kind, Probe, probes
from suites.harness.suffering import Scene, Suffering
from suites.harness.target import Timing
from suites.harness.trace import Request, Trace, Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from suites.harness.faults.fault import Fault
    from suites.harness.target import Target, TargetHost

FAULT, UNDONE, END = 104.0, 110.0, 115.0
CLEAN = WriteFindings(200, {}, {}, {}, {}, ())


def nothing(_target: Target, _host: TargetHost) -> Fault:
    raise AssertionError("nobody makes a fault here")


def seen(requests: Iterable[Request], *, by: str = "database-2") -> Trace:
    return Trace("sql-new", "sql", "new", 20.0, 1.0, 100.0, END, tuple(replace(r, by=by) for r in requests))


def without(begin: float, end: float) -> list[Request]:
    """Requests at the rate, of which not one succeeds."""
    return [failed(one.end) for one in beats(begin, end - 0.05)]


def back_until(end: float, gap: float = 2.0) -> list[Request]:
    """Served before the fault, not for a while, and served again until `end`."""
    return [*beats(100.0, FAULT), *without(FAULT, FAULT + gap), *beats(FAULT + gap - 0.05, end)]


def story(gap: float = 2.0, **other: object) -> Story:
    """The writer was killed, and clients went without for so many seconds."""
    told = Story(
        component="galera",
        suffering=Suffering("writer_killed", nothing, Scene.writing, (Kind.SQL,)),
        victim="database-1",
        seed=7,
        timing=Timing(4.0, 2.4, 1.5, "arithmetic"),
        making_s=0.1,
        failing=Window(100.0, FAULT, UNDONE),
        mending=Window(UNDONE - 2.0, UNDONE, END),
        traces=(seen(back_until(END, gap)),),
        holdings=(Holding(100.0, "loadbalancer-1"),),
        unwatched_s=0.2,
        again=Observation(holds=True, seen="every probe is served"),
        events=(),
        proof=Observation(holds=True, seen="it died"),
        proved=FAULT + 0.1,
        healthy=UNDONE + 1.0,
        writes=CLEAN,
    )
    return replace(told, **other)


def slow_to_mend() -> Story:
    """The fault cost little, its undoing more than the budget."""
    requests = [*back_until(UNDONE, 1.5), *without(UNDONE, UNDONE + 2.0), *beats(UNDONE + 2.0, END)]
    return story(traces=(seen(requests),), timing=Timing(1.9, 1.5, 0.5, "arithmetic"))


def test_a_gap_within_the_budget_passes_and_is_told() -> None:
    judged = judge(story())
    assert (judged.verdict, judged.why) == (Verdict.PASSED, ())
    assert "longest gap 2.00 s (sql-new) of 4.00 s" in judged.seen


@pytest.mark.parametrize(
    ("told", "verdict", "why"),
    [
        (story(gap=4.5), Verdict.FAILED, "nothing succeeded for 4.50 s"),
        (story(gap=1.0), Verdict.INCONCLUSIVE, "did not bite"),
        (story(proof=Observation(holds=False, seen="it runs")), Verdict.INCONCLUSIVE, "no proof"),
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
        (story(keys=KeyFindings(9, ("k",), ())), Verdict.FAILED, "lost keys 1 of 9"),
        (story(keys=KeyFindings(0, (), ())), Verdict.INCONCLUSIVE, "no key was set"),
        (story(left=("an image was left",)), Verdict.FAILED, "an image was left"),
        (
            story(again=Observation(holds=False, seen="sql-new: refused")),
            Verdict.FAILED,
            "not served without failures again: sql-new: refused",
        ),
        (story(mending=Window(UNDONE - 2.0, UNDONE, END + 2.0)), Verdict.FAILED, "nobody took a write"),
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
        "lost-message", "no-message", "lost-key", "no-key", "left", "not-served", "no-writer",
        "two-writers", "baseline", "mending",
    ],
)  # fmt: skip
def test_what_is_no_pass(told: Story, verdict: Verdict, why: str) -> None:
    judged = judge(told)
    assert judged.verdict is verdict
    assert why in judged.seen


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
    judged = judge(story(messages=MessageFindings(9, (), ("m",)), keys=KeyFindings(9, (), ("k",))))
    assert judged.verdict is Verdict.PASSED
    assert "lost messages 0 of 9, 1 consumed more than once" in judged.seen
    assert "lost keys 0 of 9, and 1 that Redis did not promise" in judged.seen


def test_who_holds_the_vip_after_a_short_story_is_asked_of_its_end() -> None:
    held = (Holding(100.0, "a"), Holding(109.0, "a, b"), Holding(110.0, "b"))
    assert judge(story(holdings=held, timing=Timing(60.0, 2.4, 1.5, "arithmetic"))).verdict is Verdict.PASSED


def test_errors_count_where_a_fault_may_cost_none() -> None:
    suffering = replace(story().suffering, errors=0)
    assert judge(story(suffering=suffering)).verdict is Verdict.FAILED


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


def test_a_slow_probe_is_calm_when_it_had_two_successes_one_after_the_other() -> None:
    (server,) = probes(Kind.SERVER)
    end = 100.0 + server.calm_s
    assert calm({"server-new": [ok(102.0), ok(105.0)]}, [server], end).holds
    assert not calm({"server-new": [ok(102.0)]}, [server], end).holds
    assert not calm({"server-new": [ok(102.0), failed(105.0)]}, [server], end).holds


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
