"""What happens when somebody else takes the stage while we work."""

from dataclasses import replace

import pytest
from runs import Meanwhile

from pipeline.core.errors import ChildCrashed, LeaseLost
from pipeline.core.kinds import Outcome
from pipeline.core.plan import Step
from pipeline.engine.promote import Wish, promote
from pipeline.engine.resume import resume
from pipeline.testing import Bench


def test_who_loses_the_lease_writes_nothing_more_and_the_taker_goes_on(bench: Bench) -> None:
    slow, taker = bench.shop(), bench.shop()
    bench.store.dead.clear()

    def overtake(_step: Step) -> None:
        bench.clock.sleep(1000)
        taker.ledger.give_back(taker.ledger.acquire("dev", "overtake", 60))

    with pytest.raises(LeaseLost):
        promote(replace(slow, deployer=Meanwhile(bench, overtake)), Wish("dev"))

    assert bench.quiet.kills == 1
    assert bench.shop().history().attempts["p1"].started_steps == {"a"}
    assert resume(taker, "dev").outcome is Outcome.VERIFIED


def test_who_cannot_keep_the_lease_stops_says_so_and_can_go_on(bench: Bench) -> None:
    shop = bench.shop()

    def break_down(_step: Step) -> None:
        bench.quiet.lost = LeaseLost("the lease on dev cannot be renewed any more", why="disk full")
        raise ChildCrashed("killed")  # the keeper kills what runs

    with pytest.raises(LeaseLost, match="cannot be renewed"):
        promote(replace(shop, deployer=Meanwhile(bench, break_down)), Wish("dev"))
    bench.quiet.lost = None

    attempt = bench.shop().history().attempts["p1"]
    assert (attempt.interrupted, attempt.failures, attempt.started_steps) == (True, {}, {"a"})
    assert resume(bench.shop(), "dev").outcome is Outcome.VERIFIED
