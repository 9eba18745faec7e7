"""Shards beside each other, beside who drives the promotion, and killed anywhere."""

from dataclasses import replace

import pytest
from runs import JustBefore
from sharding import CHECKS, divided, part, ran, shard

from pipeline.core import events as ev
from pipeline.core.errors import LeaseLost, NotEligible, StageLocked
from pipeline.core.kinds import Outcome
from pipeline.core.shard import Shard
from pipeline.engine.resume import resume
from pipeline.engine.shard import run_shard
from pipeline.testing import Bench, Crash, Trap


@pytest.fixture
def handed() -> Bench:
    """A promotion into dev that waits for its gates to be judged."""
    return divided()


class Renewing:
    """The clock of the bench; while one waits by it, who holds a lease keeps it, as the living do."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def now(self) -> float:
        return self._bench.clock.now()

    def sleep(self, seconds: float) -> None:
        self._bench.clock.sleep(seconds)
        leases = self._bench.store.leases
        leases.update({name: replace(lease, expires=self.now() + 60) for name, lease in leases.items()})


def test_no_shard_begins_while_somebody_drives_the_promotion(handed: Bench) -> None:
    refused = []

    def early() -> None:
        other = handed.shop()
        handed.store.dead.clear()
        with pytest.raises(StageLocked, match="p1 is driven right now") as caught:
            run_shard(other, part(1))
        refused.append(caught.value)

    shop = handed.shop()
    resume(replace(shop, ledger=JustBefore(shop.ledger, ev.Resumed, early)), "dev")

    assert refused


def test_a_resumption_does_not_go_on_while_a_shard_is_at_work(handed: Bench) -> None:
    refused = []

    def meanwhile() -> None:
        other = replace(handed.shop(), clock=Renewing(handed))
        handed.store.dead.clear()
        with pytest.raises(StageLocked) as caught:
            resume(other, "dev")
        refused.append(caught.value)

    shop = handed.shop()
    run_shard(replace(shop, ledger=JustBefore(shop.ledger, ev.ShardJudged, meanwhile)), part(1))

    assert refused
    assert handed.shop().history().attempts["p1"].outcome is None


def test_two_runners_do_not_run_one_shard_at_once(handed: Bench) -> None:
    refused = []

    def twice() -> None:
        other = replace(handed.shop(), clock=Renewing(handed))
        handed.store.dead.clear()
        with pytest.raises(StageLocked) as caught:
            run_shard(other, part(1))
        refused.append(caught.value)

    shop = handed.shop()
    run_shard(replace(shop, ledger=JustBefore(shop.ledger, ev.ShardJudged, twice)), part(1))

    assert refused


def test_two_shards_run_side_by_side(handed: Bench) -> None:
    other = handed.shop()
    shop = handed.shop()
    handed.store.dead.clear()
    beside = JustBefore(shop.ledger, ev.ShardJudged, lambda: run_shard(other, part(2)))
    run_shard(replace(shop, ledger=beside), part(1))

    assert resume(handed.shop(), "dev").outcome is Outcome.VERIFIED
    assert ran(handed) == sorted(CHECKS)


def test_the_report_of_a_shard_that_the_promotion_went_on_without_does_not_count(handed: Bench) -> None:
    def goes_on() -> None:
        resume(handed.shop(), "dev")  # its shop counts the shard's process as dead

    shop = handed.shop()
    late = replace(shop, ledger=JustBefore(shop.ledger, ev.ShardJudged, goes_on))
    with pytest.raises((NotEligible, LeaseLost)):
        run_shard(late, part(1))

    history = handed.shop().history()
    assert history.attempts["p1"].outcome is Outcome.VERIFIED
    assert not [record for record in handed.store.records if isinstance(record.event, ev.ShardJudged)]


def test_a_shard_whose_lease_is_lost_reports_nothing(handed: Bench) -> None:
    handed.quiet.lost = LeaseLost("another has it")
    with pytest.raises(LeaseLost):
        shard(handed, 1)
    handed.quiet.lost = None

    assert handed.shop().history().attempts["p1"].shards["smoke"][0].report is None


def calls_of_a_shard() -> int:
    bench, trap = divided(), Trap()
    run_shard(bench.shop(trap), part(1))
    return len(trap.seen)


@pytest.mark.parametrize("number", range(calls_of_a_shard()))
def test_a_shard_killed_anywhere_and_begun_again_reports_once(number: int) -> None:
    bench = divided()
    with pytest.raises(Crash):
        run_shard(bench.shop(Trap(at=number)), part(1))
    for each in (1, 2):
        shard(bench, each)
    told = [record.event.shard for record in bench.store.records if isinstance(record.event, ev.ShardJudged)]

    assert told == [Shard(1, 2), Shard(2, 2)]
    assert resume(bench.shop(), "dev").outcome is Outcome.VERIFIED
    assert set(ran(bench)) == set(CHECKS)


@pytest.mark.parametrize("number", range(calls_of_a_shard()))
def test_a_shard_killed_anywhere_and_not_begun_again_is_run_by_the_resumption(number: int) -> None:
    bench = divided()
    with pytest.raises(Crash):
        run_shard(bench.shop(Trap(at=number)), part(1))

    assert resume(bench.shop(), "dev").outcome is Outcome.VERIFIED
    assert set(ran(bench)) == set(CHECKS)
