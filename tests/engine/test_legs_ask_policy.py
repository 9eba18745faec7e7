"""Where a leg asks policy, a no ends the run in an orderly way, and loses nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from runs import (
    BUILD,
    CUT_OVER,
    JustBefore,
    go,
    held_between_legs,
    hold_dev,
    in_legs,
    rolled_back,
    standing_and_in_legs,
    story,
)

from pipeline.core import events as ev
from pipeline.core.errors import Deferred, NotEligible, StageHeld
from pipeline.core.freeze import Freeze
from pipeline.core.kinds import Outcome
from pipeline.core.line import Line
from pipeline.core.transitions import Phase
from pipeline.engine.holds import hold, unhold
from pipeline.engine.line import set_line
from pipeline.engine.promote import Wish, promote
from pipeline.engine.rejections import reject
from pipeline.engine.resume import abort, resume
from pipeline.engine.rollback import roll_back
from pipeline.testing import Bench


def test_a_hold_between_two_legs_ends_the_run_and_loses_nothing(bench: Bench) -> None:
    held_between_legs(bench)

    attempt = bench.shop().history().attempts["p2"]
    assert (attempt.phase, attempt.interrupted, attempt.outcome) == (Phase.BETWEEN, True, None)
    assert bench.store.leases == {}
    recorded = len(bench.store.records)
    with pytest.raises(StageHeld, match="before leg cut-over"):
        resume(bench.shop(), "dev")
    events = [type(record.event) for record in bench.store.records[recorded:]]
    assert events == [ev.LeaseTaken, ev.LeaseReturned], "a resumption that may not go on begins nothing"

    unhold(bench.shop(), "h1", None)
    assert resume(bench.shop(), "dev").outcome is Outcome.VERIFIED
    assert story(bench, "p2").count("a") == 1, "what is done is not done again"


def test_who_aborts_between_two_legs_gets_the_stage_back_as_it_was(bench: Bench) -> None:
    held_between_legs(bench)

    rolled_back(abort(bench.shop(), "dev"))

    assert bench.world.stages["dev"] == {"a": "1", "b": "1", "c": "1"}


def test_a_hold_stops_no_leg_that_does_not_ask_policy(bench: Bench) -> None:
    in_legs(bench, BUILD, replace(CUT_OVER, asks_policy=False))
    shop = bench.shop()
    shop = replace(shop, ledger=JustBefore(shop.ledger, ev.GateStarted, lambda: hold_dev(bench)))

    assert promote(shop, Wish("dev")).outcome is Outcome.VERIFIED
    assert bench.shop().history().holds_on("dev", bench.clock.now())


def test_a_hold_that_comes_right_before_a_leg_is_recorded_stops_it(bench: Bench) -> None:
    in_legs(bench, replace(BUILD, asks_policy=True), CUT_OVER)
    shop = bench.shop()
    shop = replace(shop, ledger=JustBefore(shop.ledger, ev.LegStarted, lambda: hold_dev(bench)))

    with pytest.raises(StageHeld):
        promote(shop, Wish("dev"))

    assert story(bench, "p1") == []


def change_line(bench: Bench, change: Callable[[Line], Line]) -> None:
    shop = bench.shop()
    bench.store.dead.clear()
    before = shop.history().line
    assert before is not None
    set_line(shop, change(before), "a test", expected=before)


def frozen(line: Line) -> Line:
    dev, *others = line.stages
    freeze = Freeze("fair", "1970-01-01T00:00", 10**10)
    return replace(line, stages=(replace(dev, freezes=(freeze,)), *others))


def unfrozen(line: Line) -> Line:
    dev, *others = line.stages
    return replace(line, stages=(replace(dev, freezes=()), *others))


def test_a_freeze_that_began_meanwhile_defers_a_leg(bench: Bench) -> None:
    in_legs(bench)
    shop = bench.shop()
    ledger = JustBefore(shop.ledger, ev.GateJudged, lambda: change_line(bench, frozen))

    with pytest.raises(Deferred) as deferred:
        promote(replace(shop, ledger=ledger), Wish("dev"))

    assert (deferred.value.until, deferred.value.next) == (1e10, "promote resume --stage dev")
    change_line(bench, unfrozen)
    assert resume(bench.shop(), "dev").outcome is Outcome.VERIFIED


def test_a_release_that_was_rejected_meanwhile_begins_no_leg(bench: Bench) -> None:
    release = standing_and_in_legs(bench)
    shop = bench.shop()
    ledger = JustBefore(shop.ledger, ev.GateJudged, lambda: reject_it(bench, release))

    with pytest.raises(NotEligible) as refused:
        promote(replace(shop, ledger=ledger), Wish("dev"))

    assert refused.value.next == "promote abort --stage dev"
    rolled_back(abort(bench.shop(), "dev"))


def reject_it(bench: Bench, release: str) -> None:
    shop = bench.shop()
    bench.store.dead.clear()
    reject(shop, release, "it loses rows")


def test_a_hold_does_not_stop_the_legs_of_a_rollback(bench: Bench) -> None:
    in_legs(bench, value="1")
    go(bench)
    bench.commit("second", a="2", b="2", c="2")
    go(bench)
    hold(bench.shop(), "dev", "fair", None)

    assert roll_back(bench.shop(), "dev", None).outcome is Outcome.ROLLED_BACK
    assert story(bench, "p3")[-3:] == ["leg cut-over", "c", "gate cut-over/smoke"]
