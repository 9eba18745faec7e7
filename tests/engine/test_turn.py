"""Promotions that wait for one stage: the newest goes, and the older end before they start."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
from runs import go, interrupt, verified

from pipeline.core import events as ev
from pipeline.core.errors import StageLocked, Superseded
from pipeline.core.kinds import Outcome
from pipeline.engine.gate import run_gate
from pipeline.engine.promote import Wish, promote
from pipeline.engine.result import RunResult
from pipeline.engine.resume import resume
from pipeline.engine.rollback import roll_back
from pipeline.testing import Bench, Crash, Trap
from pipeline.workshop import Workshop


class Moments:
    """A clock that stands still while something `happens` in each pause."""

    def __init__(self, bench: Bench, *happens: Callable[[], object]) -> None:
        self._clock = bench.clock
        self._happens = list(happens)

    def now(self) -> float:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)
        if self._happens:
            self._happens.pop(0)()


def others(bench: Bench) -> Workshop:
    """An engine process beside which all earlier ones still run."""
    shop = bench.shop()
    bench.store.dead.clear()
    return shop


@contextmanager
def taken(bench: Bench, stage: str = "dev") -> Iterator[Callable[[], None]]:
    """Somebody else has the stage, until they are asked to return it."""
    shop = others(bench)
    lease = shop.ledger.acquire(stage, "something else", 3600)
    yield lambda: shop.ledger.give_back(lease)


def waits(bench: Bench, release: str, *happens: Callable[[], object], wait_s: float = 60.0) -> RunResult:
    """Promote a release into dev; in the pauses of its wait these things happen."""
    shop = replace(others(bench), clock=Moments(bench, *happens))
    return promote(shop, Wish("dev", release, wait_s=wait_s))


def queue_events(bench: Bench) -> list[str]:
    return [
        f"queued {event.release[:4]}" if isinstance(event, ev.PromotionQueued) else event.why.value
        for event in (record.event for record in bench.store.records)
        if isinstance(event, ev.PromotionQueued | ev.PromotionDequeued)
    ]


def two(bench: Bench) -> tuple[str, str]:
    """Two releases, both pinned."""
    first = verified(bench)
    second = bench.commit("second", a="2")
    go(bench)
    return first, second


def test_a_promotion_that_finds_its_stage_free_writes_no_new_event(bench: Bench) -> None:
    two(bench)
    assert queue_events(bench) == []


def test_one_that_waits_alone_starts_when_the_stage_is_free(bench: Bench) -> None:
    first, _ = two(bench)
    with taken(bench) as give_back:
        result = waits(bench, first, lambda: None, give_back)

    assert result.outcome is Outcome.VERIFIED
    assert queue_events(bench) == [f"queued {first[:4]}", "started"]
    assert bench.shop().history().queue == ()


def test_one_that_waits_in_vain_leaves_the_queue(bench: Bench) -> None:
    first, _ = two(bench)
    with taken(bench), pytest.raises(StageLocked):
        waits(bench, first, wait_s=3)

    assert queue_events(bench) == [f"queued {first[:4]}", "gave up"]


def test_one_that_started_meanwhile_counts_like_one_that_waits(bench: Bench) -> None:
    first, second = two(bench)

    with taken(bench) as give_back, pytest.raises(Superseded) as ended:
        # The second begins to wait, gets the stage, and is through before the first looks again.
        waits(bench, first, lambda: waits(bench, second, give_back))

    assert ended.value.what == "r1 is superseded by r2, whose promotion p3 has started meanwhile"
    attempts = bench.shop().history().attempts.values()
    assert [attempt.release for attempt in attempts] == [first, second, second]
    assert queue_events(bench) == [f"queued {first[:4]}", f"queued {second[:4]}", "started", "superseded"]


def test_one_that_found_the_stage_free_counts_too_and_the_same_release_is_no_exception(bench: Bench) -> None:
    first, _ = two(bench)

    with taken(bench) as give_back, pytest.raises(Superseded, match="by r1, whose promotion p3"):
        waits(bench, first, give_back_and(give_back, lambda: waits(bench, first)))


def give_back_and(give_back: Callable[[], None], happens: Callable[[], object]) -> Callable[[], None]:
    def both() -> None:
        give_back()
        happens()

    return both


@pytest.mark.parametrize("act", ["gate", "roll back", "resume"])
def test_only_promotions_supersede(bench: Bench, act: str) -> None:
    first, second = two(bench)
    if act == "resume":
        interrupt(bench, lambda: go(bench, release=second))
    acts: dict[str, Callable[[], RunResult]] = {
        "gate": lambda: run_gate(others(bench), "smoke", "dev"),
        "roll back": lambda: roll_back(others(bench), "dev", second),
        "resume": lambda: resume(others(bench), "dev"),
    }

    with taken(bench) as give_back:
        result = waits(bench, first, give_back_and(give_back, acts[act]))

    assert (result.outcome, result.attempt.release) == (Outcome.VERIFIED, first)


def test_one_that_was_killed_while_it_waited_counts_for_nothing(bench: Bench) -> None:
    first, second = two(bench)

    def killed() -> None:
        dies = Trap(at=4)  # the calls of the ledger while it waits
        shop = bench.shop(dies)
        bench.store.dead.clear()
        with pytest.raises(Crash):
            promote(shop, Wish("dev", second, wait_s=60))
        bench.store.dead.add(bench.processes)

    with taken(bench) as give_back:
        result = waits(bench, first, killed, give_back)

    assert result.attempt.release == first
    assert queue_events(bench) == [f"queued {first[:4]}", f"queued {second[:4]}", "started"]


def test_one_that_gave_up_counts_for_nothing(bench: Bench) -> None:
    first, second = two(bench)

    def in_vain() -> None:
        with pytest.raises(StageLocked):
            waits(bench, second, wait_s=2)

    with taken(bench) as give_back:
        assert waits(bench, first, in_vain, give_back).attempt.release == first


class Real:
    """The time as it is, at a hundredth of each pause."""

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / 100)


@pytest.mark.parametrize("repeat", range(5))
def test_of_many_that_wake_up_at_once_the_newest_alone_starts(bench: Bench, repeat: int) -> None:
    first, second = two(bench)
    bench.clock = Real()
    releases = [(first, second)[(number + repeat) % 2] for number in range(6)]
    shops = [others(bench) for _ in releases]
    began = len(queue_events(bench))
    with taken(bench) as give_back, ThreadPoolExecutor(len(releases)) as pool:
        runs: list[Future[RunResult]] = []
        for shop, release in zip(shops, releases, strict=True):
            runs.append(pool.submit(promote, shop, Wish("dev", release, wait_s=30)))
            while len([one for one in queue_events(bench)[began:] if one.startswith("queued")]) < len(runs):
                time.sleep(0.001)
        give_back()
        *older, newest = runs
        problems = [run.exception(30) for run in older]

    assert newest.result().outcome is Outcome.VERIFIED
    assert {type(problem) for problem in problems} == {Superseded}
    started = [record.event for record in bench.store.records if isinstance(record.event, ev.AttemptStarted)]
    assert [event.release for event in started[2:]] == [releases[-1]]
