"""Plans with legs: what is done in which order, where policy is asked, and up to where one gets back."""

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
    may_override,
    rolled_back,
    standing_and_in_legs,
    verified,
)

from pipeline.core import events as ev
from pipeline.core.errors import Deferred, NotEligible, StageHeld
from pipeline.core.freeze import Freeze
from pipeline.core.kinds import NoPlan, Outcome
from pipeline.core.legs import Leg
from pipeline.core.line import Line
from pipeline.core.transitions import Phase
from pipeline.core.verdict import Verdict
from pipeline.engine.holds import hold, unhold
from pipeline.engine.line import set_line
from pipeline.engine.overrides import override
from pipeline.engine.promote import Wish, promote
from pipeline.engine.rejections import reject
from pipeline.engine.resume import abort, resume
from pipeline.engine.rollback import roll_back
from pipeline.testing import Bench


def story(bench: Bench, attempt: str) -> list[str]:
    """What began in this attempt, in order."""
    told = {
        ev.LegStarted: lambda event: f"leg {event.leg}",
        ev.StepStarted: lambda event: event.step,
        ev.GateStarted: lambda event: f"gate {event.full_name}",
    }
    return [
        told[type(record.event)](record.event)
        for record in bench.store.records
        if type(record.event) in told and record.event.attempt == attempt
    ]


def test_a_leg_begins_once_the_gates_of_the_one_before_have_passed(bench: Bench) -> None:
    in_legs(bench)

    assert go(bench).outcome is Outcome.VERIFIED

    assert story(bench, "p1") == [
        "leg build", "a", "b", "gate build/smoke", "leg cut-over", "c", "gate cut-over/smoke",
    ]  # fmt: skip


def test_the_last_leg_ends_with_all_that_the_stage_asks_whatever_the_plan_says(bench: Bench) -> None:
    in_legs(bench, Leg("one", ("a", "b", "c"), ("smoke",)), Leg("two", (), ("failover",)))
    go(bench)
    go(bench, "staging")

    assert story(bench, "p2")[-3:] == ["leg two", "gate two/failover", "gate two/smoke"]


def test_each_gate_is_told_its_leg_and_keeps_its_evidence_apart(bench: Bench) -> None:
    in_legs(bench)
    go(bench)

    (attempt,) = bench.shop().history().attempts.values()
    assert attempt.directories == {
        "build/smoke": "runs/p1/build/smoke-1",
        "cut-over/smoke": "runs/p1/cut-over/smoke-1",
    }
    bench.answers["smoke in leg cut-over"] = "failed"
    in_legs(bench, value="3")
    second = go(bench).attempt
    assert [second.evidence[name].verdict for name in second.evidence] == [Verdict.PASS, Verdict.FAIL]


def test_a_plan_of_one_leg_is_told_as_one_without(bench: Bench) -> None:
    in_legs(bench, Leg("all", ("a", "b", "c")))
    go(bench)

    assert story(bench, "p1") == ["leg all", "a", "b", "c", "gate smoke"]


@pytest.mark.parametrize("leg", ["build", "cut-over"])
def test_a_red_gate_of_any_leg_causes_a_rollback(bench: Bench, leg: str) -> None:
    standing_and_in_legs(bench)
    bench.answers[f"smoke in leg {leg}"] = "failed"

    result = go(bench)

    assert (result.outcome, result.verdict) == (Outcome.FAILED, Verdict.FAIL)
    assert rolled_back(result).gates == ("smoke",)
    assert bench.world.stages["dev"] == {"a": "1", "b": "1", "c": "1"}
    assert ("c" in story(bench, "p2")) is (leg == "cut-over"), "after a red gate no leg begins"


def test_a_step_that_fails_in_a_later_leg_causes_a_rollback(bench: Bench) -> None:
    second = standing_and_in_legs(bench)
    bench.world.broken.add(f"step c of {second}")

    result = go(bench)

    assert result.outcome is Outcome.ROLLOUT_FAILED
    rolled_back(result)


@pytest.mark.parametrize("breaks", ["step c", "gate"])
def test_past_a_step_that_can_not_be_undone_nothing_is_rolled_back(bench: Bench, breaks: str) -> None:
    """It counts from its beginning on: what a step that failed has done is not known."""
    second = standing_and_in_legs(bench, irreversible=("c",))
    if breaks == "gate":
        bench.answers["smoke in leg cut-over"] = "failed"
    else:
        bench.world.broken.add(f"{breaks} of {second}")

    result = go(bench)

    assert result.rollback is None
    assert result.attempt.irreversible == "step c can't be undone: the test says so"
    view = result.history.stage("dev")
    assert (view.standing, view.confirmed, view.open) == (second, False, None)


def test_before_a_step_that_can_not_be_undone_all_is_rolled_back(bench: Bench) -> None:
    standing_and_in_legs(bench, irreversible=("c",))
    bench.answers["smoke in leg build"] = "failed"

    rolled_back(go(bench))


def test_who_aborts_past_a_step_that_can_not_be_undone_gets_no_rollback(bench: Bench) -> None:
    held_between_legs(bench, irreversible=("a",))

    result = abort(bench.shop(), "dev")

    assert (result.outcome, result.rollback) == (Outcome.ABORTED, None)


def test_in_a_plan_without_legs_what_can_not_be_undone_stays_and_the_rest_is_rolled_back(
    bench: Bench,
) -> None:
    verified(bench, a="1")
    second = bench.commit("second", a="2")
    recipe = bench.world.recipes[second]
    bench.world.recipes[second] = replace(recipe, irreversible={"a": "a schema stays"})
    bench.answers[f"smoke of {second}"] = "failed"

    rolled_back(go(bench))


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


def test_an_override_carries_the_gate_in_each_leg_that_it_ends(bench: Bench) -> None:
    standing_and_in_legs(bench)
    override(bench.shop(), may_override(bench), "a known defect")
    bench.answers["smoke in leg build"] = "failed"

    attempt = go(bench).attempt

    assert (attempt.outcome, list(attempt.overrides)) == (Outcome.VERIFIED, ["build/smoke"])


def test_a_plan_whose_legs_make_no_sense_is_never_begun(bench: Bench) -> None:
    in_legs(bench, Leg("one", ("b",), ("smoke",)), Leg("two", ("a", "c")))

    result = go(bench)

    assert (result.outcome, result.attempt.no_plan) == (Outcome.UNPLANNED, NoPlan.BROKEN)
    trouble = result.attempt.plan_trouble
    assert trouble is not None
    assert trouble.why == "step b of leg one needs a, which is in a later leg"


def test_only_the_gates_of_the_last_leg_must_see_what_the_line_asks(bench: Bench) -> None:
    """An earlier leg looks at what stands there by then, which may be a part only."""
    release = in_legs(bench)
    bench.world.checks[f"smoke of {release}"] = ("one", "two")
    go(bench)
    assert bench.shop().history().line.stages[0].least == {"smoke": ("thing/one", "thing/two")}
    less = in_legs(bench, value="3")
    bench.world.checks[f"smoke of {less}"] = ("one", "two")
    bench.world.checks[f"smoke of {less} in leg build"] = ("one",)

    assert go(bench).outcome is Outcome.VERIFIED

    lesser = in_legs(bench, value="4")
    bench.world.checks[f"smoke of {lesser}"] = ("one", "two")
    bench.world.checks[f"smoke of {lesser} in leg cut-over"] = ("one",)
    result = go(bench)
    assert (result.outcome, result.attempt.starts) == (Outcome.REFUSED, {})
