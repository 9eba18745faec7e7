"""What a run does to the stage, the ledger and the pointer."""

from collections.abc import Callable

import pytest
from runs import go, rolled_back, turned_down, verified

from pipeline.core.errors import (
    ChildRefused,
    NotEligible,
    RunInterrupted,
    StagegateError,
    TryAgain,
    UsageProblem,
)
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.retries import Retry
from pipeline.core.stages import StageSpec
from pipeline.core.verdict import Verdict
from pipeline.engine.gate import run_gate
from pipeline.engine.promote import Wish, promote
from pipeline.engine.result import RunResult
from pipeline.engine.resume import abort, resume
from pipeline.testing import Bench
from pipeline.testing.deployer import Recipe


def test_a_release_goes_through_the_stages_in_order(bench: Bench) -> None:
    release = bench.commit("first", a="1", b="2")
    for stage in ("dev", "staging", "prod"):
        result = go(bench, stage)
        assert result.outcome is Outcome.VERIFIED
        assert result.history.stage(stage).pointer == release
        assert bench.world.stages[stage] == {"a": "1", "b": "2"}


def test_a_failed_gate_rolls_the_stage_back_to_its_last_verified_release(bench: Bench) -> None:
    first, _ = turned_down(bench)
    result = go(bench)

    assert result.outcome is Outcome.FAILED
    assert rolled_back(result).run == result.attempt.id
    view = result.history.stage("dev")
    assert (view.pointer, view.standing, view.confirmed) == (first, first, True)
    assert bench.world.stages["dev"] == {"a": "1"}
    # Diagnostics show the stage as it was before the rollback.
    assert "collect dev {'a': '2'} diagnostics-1" in bench.world.calls


def test_nothing_begins_that_could_not_be_rolled_back_from_this_machine(bench: Bench) -> None:
    first = verified(bench)
    bench.commit("second", a="2")
    bench.revisions.materialised.clear()
    with pytest.raises(UsageProblem) as caught:
        go(bench)
    assert "dev could not be rolled back to " in caught.value.what
    assert caught.value.next.endswith("promote pin")
    history = bench.shop().history()
    assert len(history.attempts) == 1
    assert history.releases[first].pin.commit in caught.value.next

    bench.revisions.materialised.append(first)
    assert go(bench).outcome is Outcome.VERIFIED


@pytest.mark.parametrize("go_on", [resume, abort])
def test_nothing_goes_on_that_could_not_be_rolled_back_from_this_machine(
    bench: Bench, go_on: Callable[..., RunResult]
) -> None:
    first = verified(bench)
    bench.commit("second", a="2")
    bench.quiet.signal = 15
    with pytest.raises(RunInterrupted):
        go(bench)
    bench.quiet.signal = None
    bench.revisions.materialised.remove(first)
    with pytest.raises(UsageProblem, match="dev could not be rolled back to "):
        go_on(bench.shop(), "dev")
    assert bench.shop().history().attempts["p2"].interrupted

    bench.revisions.materialised.append(first)
    assert go_on(bench.shop(), "dev").attempt.outcome in (Outcome.VERIFIED, Outcome.ABORTED)


def test_a_lab_stage_that_is_kept_needs_nothing_to_roll_back_to(bench: Bench) -> None:
    verified(bench)
    bench.commit("second", a="2")
    bench.revisions.materialised.clear()
    assert promote(bench.shop(), Wish("dev", keep=True)).outcome is Outcome.VERIFIED


def test_a_deployment_begins_between_its_plan_and_its_first_step_and_when_there_is_none(bench: Bench) -> None:
    release = bench.commit("first", a="1")
    for begun, steps in (("new", ["perform dev a"]), ("standing", [])):
        bench.world.calls.clear()
        go(bench)
        worked = [call for call in bench.world.calls if call.split()[0] in {"plan", "begin", "perform"}]
        assert worked == [f"plan dev {release}", f"begin dev {begun}", *steps]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(TryAgain("busy"), Outcome.UNPLANNED), (ChildRefused("the stage is held"), Outcome.REFUSED)],
)
def test_a_deployment_that_can_not_begin_is_not_performed(
    bench: Bench, error: StagegateError, outcome: Outcome
) -> None:
    bench.world.errors["begin"] = error
    assert go(bench).outcome is outcome
    assert not bench.world.stages


@pytest.mark.parametrize(
    ("gates", "gate"),
    [(("smoke", "failover"), "smoke"), (("failover", "smoke"), "smoke"), (("failover", "api"), "failover")],
)
def test_the_gate_of_a_rollback_is_smoke_or_what_comes_first(gates: tuple[str, ...], gate: str) -> None:
    assert StageSpec("staging", "dev", gates).rollback_gate() == gate


def test_a_rollback_runs_only_smoke(bench: Bench) -> None:
    verified(bench)
    go(bench, "staging")
    second = bench.commit("second", a="2")
    go(bench)
    bench.answers[f"failover of {second}"] = "error"

    assert rolled_back(go(bench, "staging")).gates == ("smoke",)


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
    bench.answers["smoke"] = answer
    result = go(bench)

    assert result.outcome is outcome
    view = result.history.stage("dev")
    assert (view.pointer, view.confirmed) == (None, False)
    assert result.rollback is None


def test_with_keep_the_broken_stage_is_left_as_it_is(bench: Bench) -> None:
    _, second = turned_down(bench)
    result = go(bench, keep=True)

    assert result.rollback is None
    assert bench.world.stages["dev"] == {"a": "2"}
    assert result.history.stage("dev").standing == second
    assert result.history.stage("dev").confirmed is False


def test_a_failed_step_is_diagnosed_and_rolled_back(bench: Bench) -> None:
    first = verified(bench, a="1", b="1")
    second = bench.commit("second", a="2", b="2")
    bench.world.broken.add(f"step b of {second}")
    result = go(bench)

    assert result.outcome is Outcome.ROLLOUT_FAILED
    assert rolled_back(result).release == first
    assert bench.world.stages["dev"] == {"a": "1", "b": "1"}
    assert any(call.startswith("collect dev") for call in bench.world.calls)


def test_a_rollback_whose_step_fails_ends_the_run_and_says_nothing_of_its_release(bench: Bench) -> None:
    first, _ = turned_down(bench)
    bench.world.broken.add(f"step a of {first}")
    result = go(bench)

    assert result.outcome is Outcome.ROLLBACK_FAILED
    assert [p.kind for p in result.attempts] == [Kind.PROMOTE, Kind.ROLLBACK]
    assert result.history.stage("dev").confirmed is False
    assert result.history.stage("dev").verified == (first,)


def test_a_release_whose_rollback_a_gate_turned_down_is_verified_no_more(bench: Bench) -> None:
    verified(bench)
    bench.commit("second", a="2")
    bench.answers["smoke in dev"] = "failed"
    result = go(bench)

    assert result.outcome is Outcome.ROLLBACK_FAILED
    assert result.history.stage("dev").verified == ()
    with pytest.raises(NotEligible):
        go(bench, "staging", release="r1")


@pytest.mark.parametrize(
    ("broken", "error", "reason"),
    [
        ("transient a", None, "the network failed for a moment"),
        ("", TryAgain("a download failed"), "a download failed"),
    ],
    ids=["as a step's own answer", "as an error of the call"],
)
def test_a_step_that_may_be_tried_again_is(
    bench: Bench, broken: str, error: Exception | None, reason: str
) -> None:
    bench.world.broken.add(broken)
    if error is not None:
        bench.world.errors["step a"] = error
    before = bench.clock.now()
    result = go(bench)

    assert (result.outcome, result.attempt.starts) == (Outcome.VERIFIED, {"a": 2})
    assert result.attempt.retries == (Retry("a", 1, reason),)
    assert bench.clock.now() - before == pytest.approx(1.0), "it waits by the clock"


def test_diagnostics_that_cannot_be_collected_do_not_prevent_the_rollback(bench: Bench) -> None:
    turned_down(bench)
    bench.world.broken.add("collect")

    assert rolled_back(go(bench))


def test_promoting_again_repairs_drift_and_runs_every_gate_and_pins_nothing_new(bench: Bench) -> None:
    verified(bench)
    bench.world.stages["dev"]["a"] = "changed by hand"
    again = go(bench)

    assert again.attempt.id == "p2"
    assert bench.world.stages["dev"] == {"a": "1"}
    assert set(again.attempt.evidence) == {"smoke"}
    assert [release.alias for release in again.history.releases.values()] == ["r1"]


def test_a_release_that_fails_the_second_time_is_verified_no_more(bench: Bench) -> None:
    first, second = verified(bench), bench.commit("second", a="2")
    go(bench)
    bench.answers[f"smoke of {second}"] = "failed"
    result = go(bench)

    assert result.history.stage("dev").pointer == first
    assert bench.world.stages["dev"] == {"a": "1"}
    with pytest.raises(NotEligible):
        go(bench, "staging", release="r2")


def test_without_a_name_the_release_that_stands_verified_before_goes_on(bench: Bench) -> None:
    verified(bench)
    bench.commit("second", a="2")
    go(bench)
    go(bench, release="r1")
    result = go(bench, "staging")

    assert result.history.releases[result.attempt.release].alias == "r1"


def test_the_image_made_in_the_first_stage_is_what_later_stages_are_told(bench: Bench) -> None:
    release = bench.commit("first", a="1")
    assert go(bench).history.artifacts[release] == {"image": f"image of {release}"}


def test_an_ad_hoc_gate_is_recorded_and_neither_verifies_nor_rolls_back(bench: Bench) -> None:
    release = verified(bench)
    bench.answers["failover"] = "failed"
    result = run_gate(bench.shop(), "failover", "dev")

    assert (result.outcome, result.verdict) == (Outcome.OBSERVED, Verdict.FAIL)
    assert result.rollback is None
    assert result.history.stage("dev").pointer == release
    assert bench.world.stages["dev"] == {"a": "1"}


def test_a_passed_ad_hoc_gate_verifies_nothing(bench: Bench) -> None:
    bench.answers["smoke"] = "failed"
    go(bench)
    bench.answers.clear()
    result = run_gate(bench.shop(), "smoke", "dev")

    assert result.verdict is Verdict.PASS
    assert result.history.stage("dev").pointer is None
    assert result.history.stage("dev").confirmed is False


def test_steps_go_side_by_side_as_far_as_their_needs_allow(bench: Bench) -> None:
    release = bench.commit("first", a="1")
    bench.world.recipes[release] = Recipe({"a": "1", "b": "1", "c": "1"}, {"c": ("a", "b")})
    result = promote(bench.shop(workers=4), Wish("dev"))

    assert result.outcome is Outcome.VERIFIED
    performed = [call for call in bench.world.calls if call.startswith("perform")]
    assert performed[-1] == "perform dev c"
