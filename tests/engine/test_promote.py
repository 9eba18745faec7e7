"""What a run does to the stage, the ledger and the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline.core.errors import ChildRefused, NotEligible, TryAgain
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.stages import StageSpec
from pipeline.core.verdict import Verdict
from pipeline.engine.gate import run_gate
from pipeline.engine.promote import Wish, promote
from pipeline.testing.deployer import Recipe

if TYPE_CHECKING:
    from pipeline.core.errors import StagegateError
    from pipeline.testing import Bench


def test_a_release_goes_through_the_stages_in_order(bench: Bench) -> None:
    release = bench.commit("first", a="1", b="2")

    for stage in ("dev", "staging", "prod"):
        result = promote(bench.shop(), Wish(stage))
        assert result.outcome is Outcome.VERIFIED
        assert result.history.stage(stage).pointer == release
        assert bench.world.stages[stage] == {"a": "1", "b": "2"}


def test_a_red_gate_returns_the_stage_to_its_last_verified_release(bench: Bench) -> None:
    first = bench.commit("first", a="1")
    promote(bench.shop(), Wish("dev"))
    second = bench.commit("second", a="2")
    bench.answers[f"smoke of {second}"] = "failed"

    result = promote(bench.shop(), Wish("dev"))

    assert result.outcome is Outcome.FAILED
    assert result.rollback is not None
    assert result.rollback.outcome is Outcome.ROLLED_BACK
    assert result.rollback.run == result.attempt.id
    view = result.history.stage("dev")
    assert (view.pointer, view.standing, view.confirmed) == (first, first, True)
    assert bench.world.stages["dev"] == {"a": "1"}


def test_a_deployment_begins_between_its_plan_and_its_first_step_and_when_there_is_none(bench: Bench) -> None:
    release = bench.commit("first", a="1")
    for begun, steps in (("new", ["perform dev a"]), ("standing", [])):
        bench.world.calls.clear()
        promote(bench.shop(), Wish("dev"))
        worked = [call for call in bench.world.calls if call.split()[0] in {"plan", "begin", "perform"}]
        assert worked == [f"plan dev {release}", f"begin dev {begun}", *steps]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(TryAgain("busy"), Outcome.UNPLANNED), (ChildRefused("the stage is held"), Outcome.REFUSED)],
)
def test_a_deployment_that_can_not_begin_is_not_performed(
    bench: Bench, error: StagegateError, outcome: Outcome
) -> None:
    bench.commit("first", a="1")
    bench.world.errors["begin"] = error
    assert promote(bench.shop(), Wish("dev")).outcome is outcome
    assert not bench.world.stages


def test_a_plan_that_refuses_begins_no_deployment(bench: Bench) -> None:
    release = bench.commit("first")
    bench.world.recipes[release] = Recipe({}, refusals=("no",))
    assert promote(bench.shop(), Wish("dev")).outcome is Outcome.REFUSED
    assert not [call for call in bench.world.calls if call.startswith("begin")]


def test_diagnostics_show_the_stage_as_it_was_before_the_return(bench: Bench) -> None:
    bench.commit("first", a="1")
    promote(bench.shop(), Wish("dev"))
    second = bench.commit("second", a="2")
    bench.answers[f"smoke of {second}"] = "failed"

    promote(bench.shop(), Wish("dev"))

    assert "collect dev {'a': '2'} diagnostics-1" in bench.world.calls


@pytest.mark.parametrize(
    ("gates", "gate"),
    [(("smoke", "failover"), "smoke"), (("failover", "smoke"), "smoke"), (("failover", "api"), "failover")],
)
def test_a_return_to_a_stage_runs_smoke_or_what_comes_first(gates: tuple[str, ...], gate: str) -> None:
    assert StageSpec("staging", "dev", gates).rollback_gate() == gate


def test_a_return_runs_only_smoke(bench: Bench) -> None:
    bench.commit("first", a="1")
    promote(bench.shop(), Wish("dev"))
    promote(bench.shop(), Wish("staging"))
    second = bench.commit("second", a="2")
    promote(bench.shop(), Wish("dev"))
    bench.answers[f"failover of {second}"] = "error"

    result = promote(bench.shop(), Wish("staging"))

    assert result.rollback is not None
    assert result.rollback.gates == ("smoke",)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("failed", Outcome.FAILED),
        ("error", Outcome.FAILED),
        ("skipped", Outcome.INCONCLUSIVE),
        ("inconclusive", Outcome.INCONCLUSIVE),
        ("crash", Outcome.INCONCLUSIVE),
    ],
)
def test_only_a_pass_verifies(bench: Bench, answer: str, outcome: Outcome) -> None:
    bench.commit("first", a="1")
    bench.answers["smoke"] = answer

    result = promote(bench.shop(), Wish("dev"))

    assert result.outcome is outcome
    view = result.history.stage("dev")
    assert (view.pointer, view.confirmed) == (None, False)
    assert result.rollback is None


def test_with_keep_the_broken_stage_stands(bench: Bench) -> None:
    bench.commit("first", a="1")
    promote(bench.shop(), Wish("dev"))
    second = bench.commit("second", a="2")
    bench.answers[f"smoke of {second}"] = "failed"

    result = promote(bench.shop(), Wish("dev", keep=True))

    assert result.rollback is None
    assert bench.world.stages["dev"] == {"a": "2"}
    assert result.history.stage("dev").standing == second
    assert result.history.stage("dev").confirmed is False


def test_a_failed_step_is_diagnosed_and_rolled_back(bench: Bench) -> None:
    bench.commit("first", a="1", b="1")
    promote(bench.shop(), Wish("dev"))
    second = bench.commit("second", a="2", b="2")
    bench.world.broken.add(f"step b of {second}")

    result = promote(bench.shop(), Wish("dev"))

    assert result.outcome is Outcome.ROLLOUT_FAILED
    assert result.rollback is not None
    assert result.rollback.outcome is Outcome.ROLLED_BACK
    assert bench.world.stages["dev"] == {"a": "1", "b": "1"}
    assert any(call.startswith("collect dev") for call in bench.world.calls)


def test_a_failed_return_ends_the_run_and_returns_no_further(bench: Bench) -> None:
    bench.commit("first", a="1")
    promote(bench.shop(), Wish("dev"))
    second = bench.commit("second", a="2")
    bench.answers[f"smoke of {second}"] = "failed"
    bench.world.broken.add("step a")
    bench.world.stages["dev"] = {"a": "2"}

    result = promote(bench.shop(), Wish("dev"))

    assert result.outcome is Outcome.ROLLBACK_FAILED
    assert [p.kind for p in result.attempts] == [Kind.PROMOTE, Kind.ROLLBACK]
    assert result.history.stage("dev").confirmed is False


def test_a_release_whose_return_a_gate_turned_down_is_verified_no_more(bench: Bench) -> None:
    bench.commit("first", a="1")
    promote(bench.shop(), Wish("dev"))
    bench.commit("second", a="2")
    bench.answers["smoke in dev"] = "failed"

    result = promote(bench.shop(), Wish("dev"))

    assert result.outcome is Outcome.ROLLBACK_FAILED
    assert result.history.stage("dev").verified == ()
    with pytest.raises(NotEligible):
        promote(bench.shop(), Wish("staging", release="r1"))


def test_a_return_that_broke_before_its_gate_says_nothing_of_its_release(bench: Bench) -> None:
    first = bench.commit("first", a="1")
    promote(bench.shop(), Wish("dev"))
    second = bench.commit("second", a="2")
    bench.answers[f"smoke of {second}"] = "failed"
    bench.world.broken.add(f"step a of {first}")

    result = promote(bench.shop(), Wish("dev"))

    assert result.outcome is Outcome.ROLLBACK_FAILED
    assert result.history.stage("dev").verified == (first,)


def test_a_transient_failure_is_tried_again(bench: Bench) -> None:
    bench.commit("first", a="1")
    bench.world.broken.add("transient a")

    result = promote(bench.shop(), Wish("dev"))

    assert result.outcome is Outcome.VERIFIED
    assert result.attempt.starts == {"a": 2}


def test_a_failed_recollection_does_not_keep_the_stage_from_going_back(bench: Bench) -> None:
    bench.commit("first", a="1")
    promote(bench.shop(), Wish("dev"))
    second = bench.commit("second", a="2")
    bench.answers[f"smoke of {second}"] = "failed"
    bench.world.broken.add("collect")

    result = promote(bench.shop(), Wish("dev"))

    assert result.rollback is not None
    assert result.rollback.outcome is Outcome.ROLLED_BACK


def test_a_gate_that_cannot_be_judged_is_inconclusive(bench: Bench) -> None:
    bench.commit("first", a="1")
    bench.world.broken.add("roster")

    assert promote(bench.shop(), Wish("dev")).outcome is Outcome.INCONCLUSIVE


def test_promoting_again_repairs_drift_and_runs_every_gate(bench: Bench) -> None:
    bench.commit("first", a="1")
    promote(bench.shop(), Wish("dev"))
    bench.world.stages["dev"]["a"] = "changed by hand"

    again = promote(bench.shop(), Wish("dev"))

    assert again.attempt.id == "p2"
    assert bench.world.stages["dev"] == {"a": "1"}
    assert set(again.attempt.evidence) == {"smoke"}


def test_a_release_that_fails_the_second_time_is_verified_no_more(bench: Bench) -> None:
    first = bench.commit("first", a="1")
    promote(bench.shop(), Wish("dev"))
    second = bench.commit("second", a="2")
    promote(bench.shop(), Wish("dev"))
    bench.answers[f"smoke of {second}"] = "failed"

    result = promote(bench.shop(), Wish("dev"))

    assert result.history.stage("dev").pointer == first
    assert bench.world.stages["dev"] == {"a": "1"}
    with pytest.raises(NotEligible):
        promote(bench.shop(), Wish("staging", release="r2"))


def test_without_a_name_the_newest_by_pinning_order_goes_on(bench: Bench) -> None:
    bench.commit("first", a="1")
    promote(bench.shop(), Wish("dev"))
    bench.commit("second", a="2")
    promote(bench.shop(), Wish("dev"))
    promote(bench.shop(), Wish("dev", release="r1"))

    result = promote(bench.shop(), Wish("staging"))

    assert result.history.releases[result.attempt.release].alias == "r2"


def test_the_image_made_in_the_first_stage_is_what_later_stages_are_told(bench: Bench) -> None:
    release = bench.commit("first", a="1")
    result = promote(bench.shop(), Wish("dev"))

    assert result.history.artifacts[release] == {"image": f"image of {release}"}


def test_the_same_pair_is_pinned_once(bench: Bench) -> None:
    bench.commit("first", a="1")
    promote(bench.shop(), Wish("dev"))
    promote(bench.shop(), Wish("dev"))

    assert [r.alias for r in bench.shop().history().releases.values()] == ["r1"]


def test_an_ad_hoc_gate_is_recorded_and_neither_verifies_nor_returns(bench: Bench) -> None:
    release = bench.commit("first", a="1")
    promote(bench.shop(), Wish("dev"))
    bench.answers["failover"] = "failed"

    result = run_gate(bench.shop(), "failover", "dev")

    assert (result.outcome, result.verdict) == (Outcome.OBSERVED, Verdict.FAIL)
    assert result.rollback is None
    assert result.history.stage("dev").pointer == release
    assert bench.world.stages["dev"] == {"a": "1"}


def test_a_passed_ad_hoc_gate_verifies_nothing(bench: Bench) -> None:
    bench.commit("first", a="1")
    bench.answers["smoke"] = "failed"
    promote(bench.shop(), Wish("dev"))
    bench.answers.clear()

    result = run_gate(bench.shop(), "smoke", "dev")

    assert result.verdict is Verdict.PASS
    assert result.history.stage("dev").pointer is None
    assert result.history.stage("dev").confirmed is False


def test_steps_go_side_by_side_as_far_as_their_needs_allow(bench: Bench) -> None:
    release = bench.commit("first", a="1")
    recipe = type(bench.world.recipes[release])
    bench.world.recipes[release] = recipe({"a": "1", "b": "1", "c": "1"}, {"c": ("a", "b")})

    result = promote(bench.shop(workers=4), Wish("dev"))

    assert result.outcome is Outcome.VERIFIED
    performed = [call for call in bench.world.calls if call.startswith("perform")]
    assert performed[-1] == "perform dev c"
