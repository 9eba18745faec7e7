"""Plans with legs: what is done in which order, and up to where it is rolled back."""

from dataclasses import replace

import pytest
from runs import (
    go,
    held_between_legs,
    in_legs,
    may_override,
    rolled_back,
    standing_and_in_legs,
    story,
    verified,
)

from pipeline.core.kinds import NoPlan, Outcome
from pipeline.core.legs import Leg
from pipeline.core.verdict import Verdict
from pipeline.engine.overrides import override
from pipeline.engine.resume import abort
from pipeline.testing import Bench


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
