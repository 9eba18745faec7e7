"""What keeps a release out of a stage, and what changes nothing."""

from dataclasses import replace

import pytest
from runs import JustBefore, Meanwhile, go, rolled_back, turned_down, verified

from pipeline.cli.exit_codes import ExitCode, code_of_run
from pipeline.core import events as ev
from pipeline.core.errors import (
    ChildCrashed,
    ChildRefused,
    ConfigProblem,
    ConfigProblems,
    NotEligible,
    ProtocolNotSpoken,
    StageHeld,
    StageLocked,
    TryAgain,
    UsageProblem,
)
from pipeline.core.kinds import NoPlan, Outcome
from pipeline.core.retries import Retry
from pipeline.core.stages import StageGraph
from pipeline.engine.gate import run_gate
from pipeline.engine.holds import hold, unhold
from pipeline.engine.preview import preview
from pipeline.engine.promote import Wish, promote
from pipeline.ports import CheckResult
from pipeline.testing import Bench
from pipeline.testing.deployer import Recipe


def test_keep_is_refused_outside_a_lab(bench: Bench) -> None:
    verified(bench)
    go(bench, "staging")

    with pytest.raises(UsageProblem, match="--keep"):
        go(bench, "prod", keep=True)


def test_a_plan_that_refuses_begins_and_performs_nothing_and_is_not_rolled_back(bench: Bench) -> None:
    release = bench.commit("first")
    bench.world.recipes[release] = Recipe({}, refusals=("the schema cannot go back",))
    result = go(bench)

    assert result.outcome is Outcome.REFUSED
    assert not [call for call in bench.world.calls if call.startswith(("begin", "perform"))]
    assert bench.world.stages == {}
    assert result.rollback is None


@pytest.mark.parametrize(
    ("error", "outcome", "cause"),
    [
        (ChildRefused("a secret cannot be used"), Outcome.REFUSED, NoPlan.REFUSED),
        (ProtocolNotSpoken("the release speaks protocol 2"), Outcome.REFUSED, NoPlan.REFUSED),
        (UsageProblem("the release's copy is not in this site"), Outcome.REFUSED, NoPlan.REFUSED),
        (TryAgain("a download failed"), Outcome.UNPLANNED, NoPlan.TRANSIENT),
        (OSError(28, "No space left on device"), Outcome.UNPLANNED, NoPlan.BROKEN),
        (ChildCrashed("`python -m stages plan` ended with status 1"), Outcome.UNPLANNED, NoPlan.BROKEN),
    ],
)
def test_whatever_keeps_a_plan_from_being_made_ends_the_attempt(
    bench: Bench, error: Exception, outcome: Outcome, cause: NoPlan
) -> None:
    bench.world.errors["plan"] = error
    result = go(bench)

    assert (result.outcome, result.attempt.no_plan) == (outcome, cause)
    assert bench.world.stages == {}
    assert result.history.stage("dev").open is None
    assert bench.store.leases == {}


@pytest.mark.parametrize(("what", "outcome"), [("roster", Outcome.INCONCLUSIVE), ("collect", Outcome.FAILED)])
@pytest.mark.parametrize(
    "error", [TryAgain("busy"), OSError(28, "No space left on device"), ChildCrashed("killed")]
)
def test_whatever_goes_wrong_around_a_gate_ends_the_attempt(
    bench: Bench, what: str, outcome: Outcome, error: Exception
) -> None:
    bench.answers["smoke"] = "failed"
    deployer = Meanwhile(bench, lambda _step: bench.world.errors.update({what: error}))
    result = promote(replace(bench.shop(), deployer=deployer), Wish("dev"))

    assert result.outcome is outcome
    assert result.history.stage("dev").open is None


def test_the_others_go_on_while_one_waits(bench: Bench) -> None:
    bench.commit("first", a="1", b="1", c="1")
    bench.world.broken.add("transient a")

    go(bench)

    performed = [call.split()[-1] for call in bench.world.calls if call.startswith("perform")]
    assert performed == ["a", "b", "c", "a"]


def test_a_plan_that_may_be_made_the_next_time_is(bench: Bench) -> None:
    bench.world.broken.add("transient plan")
    result = go(bench)

    assert result.outcome is Outcome.VERIFIED
    assert result.attempt.retries == (Retry("plan", 1, "the network failed for a moment"),)


def test_a_rollback_does_not_fail_because_its_plan_was_to_be_tried_again(bench: Bench) -> None:
    first, _ = turned_down(bench)
    bench.world.broken.add(f"transient plan of {first}")
    result = go(bench)

    assert [retry.what for retry in rolled_back(result).retries] == ["plan"]
    assert bench.world.stages["dev"] == {"a": "1"}


def test_a_plan_that_fails_so_three_times_ends_the_attempt_which_may_be_tried_again(bench: Bench) -> None:
    bench.world.errors["plan"] = TryAgain("a download failed")
    result = go(bench)

    assert (result.outcome, code_of_run(result)) == (Outcome.UNPLANNED, ExitCode.TRY_AGAIN)
    assert [retry.attempt for retry in result.attempt.retries] == [1, 2]
    assert sum(call.startswith("plan") for call in bench.world.calls) == 3


def test_a_step_that_this_machine_cannot_take_is_a_failed_step(bench: Bench) -> None:
    bench.world.errors["step a"] = OSError(28, "No space left on device")
    result = go(bench)

    assert result.outcome is Outcome.ROLLOUT_FAILED
    assert "No space left" in result.attempt.failures["a"].what


def test_a_preview_says_what_the_release_says_against_it(bench: Bench) -> None:
    bench.world.errors["plan"] = ChildRefused("a secret cannot be used", next="edit config/stages/dev.yaml")
    found = preview(bench.shop(), "dev", None, None)

    assert not found.would_go
    assert found.plan.refusals == ("a secret cannot be used; next: edit config/stages/dev.yaml",)


def test_only_a_release_verified_in_the_stage_before_may_enter(bench: Bench) -> None:
    bench.answers["smoke in dev"] = "failed"
    go(bench)

    with pytest.raises(NotEligible):
        go(bench, "staging")
    with pytest.raises(NotEligible, match="may not enter staging"):
        go(bench, "staging", release="r1")


@pytest.mark.parametrize(("held", "other"), [("dev", None), (None, "dev")])
def test_a_hold_on_one_stage_or_on_all_lets_nothing_in_until_that_hold_is_lifted(
    bench: Bench, held: str | None, other: str | None
) -> None:
    hold(bench.shop(), held, "freeze")

    with pytest.raises(StageHeld, match="held"):
        go(bench)
    with pytest.raises(UsageProblem, match="there is no hold"):
        unhold(bench.shop(), None, other)

    unhold(bench.shop(), None, held)
    assert go(bench).outcome is Outcome.VERIFIED


def test_a_hold_placed_at_the_last_moment_still_holds(bench: Bench) -> None:
    shop = bench.shop()
    somebody = bench.shop()
    ledger = JustBefore(shop.ledger, ev.AttemptStarted, lambda: hold(somebody, None, "freeze"))
    bench.store.dead.clear()

    with pytest.raises(StageHeld):
        promote(replace(shop, ledger=ledger), Wish("dev"))

    assert bench.world.stages == {}
    assert shop.history().attempts == {}


def test_a_locked_stage_is_left_alone_and_waited_for_when_there_is_time(bench: Bench) -> None:
    other, shop = bench.shop(), bench.shop()
    bench.store.dead.clear()
    other.ledger.acquire("dev", "something else", 60)

    with pytest.raises(StageLocked):
        promote(shop, Wish("dev"))
    assert bench.world.stages == {}
    # With a lock timeout it is waited for.
    assert promote(shop, Wish("dev", wait_s=90)).outcome is Outcome.VERIFIED


def test_a_config_with_problems_pins_nothing(bench: Bench) -> None:
    problems = tuple(ConfigProblem("a.yaml", n, 1, "no", None) for n in range(10))
    bench.world.check = CheckResult(problems, StageGraph(()))

    with pytest.raises(ConfigProblems) as caught:
        go(bench)
    assert len(caught.value.problems) == 10
    assert bench.shop().history().releases == {}
    assert bench.revisions.materialised == []


def test_a_gate_needs_something_that_stands(bench: Bench) -> None:
    with pytest.raises(NotEligible, match="nothing is deployed"):
        run_gate(bench.shop(), "smoke", "dev")


def test_a_gate_that_nobody_knows_is_refused_before_anything_is_locked_or_recorded(bench: Bench) -> None:
    verified(bench)
    before = list(bench.store.records)

    with pytest.raises(UsageProblem, match="no gate 'smok'") as caught:
        run_gate(bench.shop(), "smok", "dev")

    assert caught.value.next == "promote gate failover --stage dev"
    assert bench.store.records == before


def test_a_preview_changes_nothing_and_names_what_would_change(bench: Bench) -> None:
    found = preview(bench.shop(), "dev", None, None)

    assert found.pinned is False
    assert found.would_go
    assert [change.host for change in found.plan.summary] == ["a"]
    assert bench.store.records == []
    assert bench.revisions.materialised == []
    assert bench.world.stages == {}


def test_a_preview_says_why_not(bench: Bench) -> None:
    bench.answers["smoke"] = "failed"
    go(bench)
    found = preview(bench.shop(), "staging", "r1", None)

    assert not found.would_go
    assert "not verified in dev" in found.decision.reasons[0]
