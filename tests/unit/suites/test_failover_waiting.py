"""A baseline lasts until it holds what the judgement needs; a machine that stands still is noticed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from storied import Clock
from traced import beats, failed, ok, trace_of

from suites.errors import NotMeasured, NotWithin
from suites.failover.calm import Calm, usable
from suites.failover.judging import ENOUGH, ENOUGH_SERVERS
from suites.failover.own_machine import BEAT_S, Heartbeat, Stall, flush, longest, on_disk
from suites.failover.served import BASELINE_WITHIN_S, PATIENCE_S, Served
from suites.probes.spec import Kind
from suites.probes.trace import Request, RequestOutcome


@dataclass
class Probing:
    """A probe of the database that has made some requests by now."""

    clock: Clock
    requests: list[Request]
    kinds: tuple[Kind, ...] = (Kind.SQL,)

    def since(self, begin: float, _kinds: Iterable[Kind]) -> Mapping[str, tuple[Request, ...]]:
        ended = tuple(one for one in self.requests if one.due >= begin and one.end <= self.clock.now)
        return {"sql-new": ended, "sql-kept": ended}


def served(clock: Clock, requests: list[Request]) -> Served:
    return Served(Probing(clock, requests), clock, clock.sleep)  # type: ignore[arg-type]  # a stand-in


def test_a_baseline_is_usable_when_it_is_as_long_and_as_full_as_the_judgement_asks() -> None:
    trace = trace_of(beats(100.0, 102.0))
    assert usable([(trace, ENOUGH)], 100.0, 102.0).holds
    assert not usable([(trace, ENOUGH)], 100.0, 101.4).holds
    assert not usable([(trace_of([ok(100.1), ok(101.0)]), ENOUGH)], 100.0, 102.0).holds
    assert not usable([(trace_of([]), ENOUGH)], 100.0, 102.0).holds
    lost = usable([(trace_of([*beats(100.0, 102.0), failed(101.0)]), ENOUGH)], 100.0, 102.0)
    assert (lost.holds, lost.failures) == (False, True)


def test_what_failed_while_the_probe_stood_still_is_no_failure_of_the_stage() -> None:
    asleep = Request(100.5, 101.6, 102.0, RequestOutcome.TIMEOUT, error="no answer within 1 s")
    found = usable([(trace_of([*beats(100.0, 102.0), asleep]), ENOUGH)], 100.0, 102.0)
    assert (found.holds, found.failures) == (False, False)
    assert "the probe was late itself" in found.seen


def test_a_slow_probe_whose_first_success_was_late_is_waited_for() -> None:
    # Seen: the fault came 0.67 s after the first success of server-new, and 1.5 s were asked.
    trace = trace_of([ok(104.0), ok(107.0)], rate=0.33)
    assert not usable([(trace, ENOUGH_SERVERS)], 100.0, 104.67).holds
    assert usable([(trace, ENOUGH_SERVERS)], 100.0, 107.0).holds


def test_a_baseline_lasts_until_it_is_usable_and_keeps_its_begin() -> None:
    clock = Clock()
    begin = served(clock, []).baseline(99.0, lambda _, now: Calm(now >= 103.0, "not yet"))
    assert (begin, clock.now) == (99.0, pytest.approx(103.0, abs=0.15))


def test_a_baseline_begins_anew_after_a_failure() -> None:
    clock = Clock(now=104.0)
    requests = [*beats(90.0, 120.0), failed(103.9)]
    looks = iter([Calm(holds=False, seen="refused", failures=True), Calm(holds=True, seen="usable")])
    begin = served(clock, requests).baseline(100.0, lambda _begin, _now: next(looks))
    assert begin > 103.9


@pytest.mark.parametrize(
    ("seen", "error"),
    [
        (Calm(holds=False, seen="3 successes"), NotMeasured),
        (Calm(holds=False, seen="refused", failures=True), NotWithin),
    ],
    ids=["too-little-seen", "failures"],
)
def test_a_baseline_that_never_comes_is_the_stages_fault_only_when_something_failed(
    seen: Calm, error: type[Exception]
) -> None:
    clock = Clock()
    with pytest.raises(error):
        served(clock, beats(90.0, 200.0)).baseline(100.0, lambda _begin, _now: seen)
    assert clock.now >= 100.0 + BASELINE_WITHIN_S


def test_who_is_only_slow_is_waited_for_longer_than_who_fails() -> None:
    slow, failing = Clock(), Clock()
    sparse = beats(90.0, 140.0, rate=4.0)
    assert not served(slow, sparse).until_calm(100.0, 5.0).failures
    assert slow.now == pytest.approx(105.0 + PATIENCE_S + 1.0, abs=0.2)
    refused = [failed(one.end) for one in beats(90.0, 140.0)]
    assert served(failing, refused).until_calm(100.0, 5.0).failures
    assert failing.now == pytest.approx(105.0, abs=0.2)


def test_who_was_slow_and_is_calm_later_is_served() -> None:
    clock = Clock()
    requests = [*beats(90.0, 106.0, rate=4.0), *beats(106.0, 120.0)]
    assert served(clock, requests).until_calm(100.0, 5.0).holds


def test_a_thread_that_did_not_run_when_it_was_due_is_a_machine_that_stood_still() -> None:
    clock = Clock(jumps={20: 1.5, 40: 0.05})
    heartbeat = Heartbeat(lambda: None, clock)
    heartbeat.beat(clock.wait)
    (stall,) = heartbeat.stalls
    assert stall.end - stall.begin == pytest.approx(1.5)
    assert stall.begin == pytest.approx(100.0 + 20 * BEAT_S)


def test_a_disk_that_kept_a_flush_waiting_is_a_machine_that_stood_still() -> None:
    # Measured: while two environments were copied, a flush of 64 bytes took up to 0.37 s.
    clock = Clock()
    waits = iter([0.0] * 10 + [1.2])
    heartbeat = Heartbeat(lambda: clock.sleep(next(waits, 0.0)), clock)
    heartbeat.beat(clock.wait)
    (stall,) = heartbeat.stalls
    assert stall.end - stall.begin == pytest.approx(1.2)


def test_of_a_stall_counts_what_lies_within_a_span() -> None:
    stalls = [Stall(99.0, 101.0), Stall(104.0, 104.7)]
    assert longest(stalls, 100.0, 110.0) == pytest.approx(1.0)
    assert longest(stalls, 102.0, 110.0) == pytest.approx(0.7)
    assert longest(stalls, 105.0, 110.0) == 0.0
    assert longest([], 100.0, 110.0) == 0.0


def test_the_heartbeat_beats_and_ends_and_leaves_no_file(tmp_path: Path) -> None:
    with on_disk(tmp_path) as beaten, Heartbeat(partial(flush, beaten)) as heartbeat:
        assert heartbeat.thread is not None
        assert heartbeat.thread.is_alive()
    assert not heartbeat.thread.is_alive()
    assert list(tmp_path.iterdir()) == []
