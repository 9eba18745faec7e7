"""`promote retire`: shows, asks, removes what is not needed, runs every gate, and rolls nothing back."""

from dataclasses import replace

import pytest
from desk import Desk, as_person, set_rules
from legs_ways import gates_take
from retire_ways import with_old

from pipeline.core.actor import Actor
from pipeline.core.approval import ApprovalRule
from pipeline.core.attempt import Attempt
from pipeline.core.freeze import Freeze
from pipeline.core.kinds import Kind, Outcome
from pipeline.engine.preview import preview_retire

LOOK = ("retire", "--stage", "dev")


def attempts(desk: Desk) -> list[Attempt]:
    return list(desk.bench.shop().history().attempts.values())


@pytest.fixture
def beside(standing: Desk) -> Desk:
    return with_old(standing)


def performed(desk: Desk) -> list[str]:
    return [call for call in desk.bench.world.calls if call.startswith("perform")]


def test_without_yes_it_shows_each_step_and_where_the_way_back_ends_and_changes_nothing(beside: Desk) -> None:
    assert beside(*LOOK) == 0
    assert "remove old-1" in beside.out
    assert "gate smoke: 1 to run" in beside.out
    assert "step gone/old-1 ends a way back: it does not come back" in beside.out
    assert beside.out.endswith("to do it: promote retire --stage dev --yes\n")
    assert len(attempts(beside)) == 1
    assert performed(beside) == []


def test_with_yes_it_does_what_it_shows_and_runs_every_gate_of_the_stage(beside: Desk) -> None:
    before = beside.bench.shop().history().stage("dev")
    beside.bench.actor = Actor("anna@desk")
    assert beside(*LOOK, "--yes") == 0
    (_, done) = attempts(beside)
    assert (done.kind, done.outcome, done.gates) == (Kind.RETIRE, Outcome.RETIRED, ("smoke",))
    assert (done.by, done.release, done.rules) == (
        Actor("anna@desk"),
        before.standing,
        attempts(beside)[0].rules,
    )
    assert done.expects, "what was shown is what is done"
    assert performed(beside) == ["perform dev gone/old-1", "perform dev gone/old-2"]
    after = beside.bench.shop().history().stage("dev")
    assert (after.verified, after.confirmed, after.pointer) == (before.verified, True, before.pointer)
    beside("show", "p2")
    assert beside.out.startswith("p2: retire r1 ")
    beside("audit", "--stage", "dev")
    assert "p2: retire of r1" in beside.out


def test_it_shows_how_long_each_leg_took_before(beside: Desk) -> None:
    recipes, world = beside.bench.world.recipes, beside.bench.world
    (first,) = recipes
    recipes[first] = replace(recipes[first], contracts=("schema",))
    assert beside(*LOOK) == 0
    assert "took" not in beside.out
    gates_take(beside, 40.0)
    assert beside(*LOOK, "--yes") == 0
    with_old(beside)
    del world.stages["dev"]["schema"]
    assert beside(*LOOK) == 0
    assert beside.out.count("took 40s (p2)") == 2
    assert [leg["attempts"] for leg in beside.document(*LOOK)["forecast"]] == [["p2"], ["p2"]]


def test_where_there_is_nothing_to_retire_it_says_so_and_begins_nothing(standing: Desk) -> None:
    for more in ((), ("--yes",)):
        assert standing(*LOOK, *more) == 0
        assert standing.out == "nothing to retire in dev: r1 needs all that stands there\n"
    standing("hold", "--stage", "dev", "--reason", "812")
    assert standing(*LOOK, "--yes") == 0
    assert len(attempts(standing)) == 1


def test_a_stage_that_two_releases_could_serve_is_asked_of_the_one_that_stands(beside: Desk) -> None:
    beside.bench.commit("second", a="2")
    beside("--stage", "dev")
    assert beside(*LOOK, "--yes") == 0
    assert beside.out.startswith("nothing to retire"), "the second release has nothing beside it"


def test_where_nothing_stands_it_is_refused(desk: Desk) -> None:
    assert desk(*LOOK, "--yes") == 9
    assert "nothing stands in dev, so there is nothing to retire" in desk.err


def test_a_refusal_is_told_with_what_to_do_and_nothing_begins(beside: Desk) -> None:
    (first,) = beside.bench.shop().history().releases
    recipes = beside.bench.world.recipes
    recipes[first] = replace(recipes[first], refusals=("old-1 answers clients (next: promote --stage dev)",))
    assert beside(*LOOK) == 9
    assert "old-1 answers clients (next: promote --stage dev)" in beside.out
    assert beside(*LOOK, "--yes") == 9
    assert "nothing is retired in dev; nothing was changed" in beside.err
    assert len(attempts(beside)) == 1


def test_a_hold_and_a_freeze_stop_it(beside: Desk) -> None:
    set_rules(beside, "dev", freezes=(Freeze("fair", "1970-01-01T00:00", 10**9),))
    assert beside(*LOOK, "--yes") == 4
    assert "nothing is retired in dev yet" in beside.err
    assert "next: promote retire --stage dev\n" in beside.err
    beside("hold", "--stage", "dev", "--reason", "812")
    assert beside(*LOOK) == 6
    assert beside(*LOOK, "--yes") == 6
    assert len(attempts(beside)) == 1


def test_it_needs_an_approval_of_this_very_plan_which_it_uses_up(beside: Desk) -> None:
    set_rules(beside, "dev", approvals=ApprovalRule(1))
    assert beside(*LOOK, "--yes") == 9
    assert "dev asks for 1 approval of r1 by others than who promotes it" in beside.err
    assert "nothing is retired in dev" in beside.err
    assert "may not enter" not in beside.err
    digest = beside.document(*LOOK)["digest"]
    asked = f"promote approve --stage dev --release r1 --retire --digest {digest}"
    beside(*LOOK, "--yes")
    assert f"next: {asked}" in beside.err
    beside.bench.actor = Actor("bert@desk")
    assert beside(*asked.split()[1:]) == 0
    beside.bench.actor = Actor("anna@desk")
    assert beside(*LOOK, "--yes") == 0
    assert [item.by.name for item in attempts(beside)[-1].approvals] == ["bert@desk"]
    assert beside.bench.shop().history().approvals == ()


def test_approvals_of_a_retirement_and_of_a_promotion_of_the_same_release_are_two_things(
    beside: Desk,
) -> None:
    set_rules(beside, "dev", approvals=ApprovalRule(1))
    digest = beside.document(*LOOK)["digest"]
    approve = ("approve", "--stage", "dev", "--release", "r1")
    assert as_person(beside, "bert", *approve, "--retire", "--digest", digest) == 0
    assert beside("plan", "--stage", "dev", "--release", "r1") == 9, "that was about the retirement"
    assert as_person(beside, "bert", *approve, "--yes") == 0
    assert beside("--stage", "dev", "--release", "r1") == 0
    (left,) = beside.bench.shop().history().approvals
    assert (left.kind, left.plan) == (Kind.RETIRE, digest)
    assert beside(*LOOK, "--yes") == 0
    assert as_person(beside, "bert", *approve, "--retire") == 2


def test_what_changed_since_it_was_shown_is_said_with_the_command_that_shows_it_again(
    beside: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = beside.bench.shop()
    found = preview_retire(shop, "dev")
    beside.bench.world.stages["dev"]["old-1"] = "gone"
    monkeypatch.setattr("pipeline.cli.retire.preview_retire", lambda *_: found)
    assert beside(*LOOK, "--yes") == 9
    beside("show", "p2")
    assert "this is not the plan that was asked for" in beside.out
    assert "promote retire --stage dev" in beside.out
    assert "promote plan" not in beside.out


def test_a_step_that_fails_leaves_the_stage_as_it_is_and_it_goes_on_when_asked_again(beside: Desk) -> None:
    beside.bench.world.errors["step gone/old-2"] = OSError("no space left")
    assert beside(*LOOK, "--yes") == 7
    assert [one.outcome for one in attempts(beside)] == [Outcome.VERIFIED, Outcome.ROLLOUT_FAILED]
    beside.bench.world.calls.clear()
    assert beside(*LOOK, "--yes") == 0
    assert performed(beside) == ["perform dev gone/old-2"], "what is gone is not removed again"


def test_a_red_gate_turns_the_release_down_and_brings_back_no_other(beside: Desk) -> None:
    beside.bench.answers["smoke in dev"] = "failed"
    assert beside.document(*LOOK, "--yes")["meaning"] == "a gate failed; the stage was left as it is"
    assert [one.outcome for one in attempts(beside)] == [Outcome.VERIFIED, Outcome.FAILED]
    view = beside.bench.shop().history().stage("dev")
    assert (view.standing, view.confirmed, view.verified) == (attempts(beside)[0].release, False, ())
    assert beside(*LOOK, "--yes") == 9
    assert "r1, which stands in dev, is not verified there" in beside.err


def test_after_a_red_gate_the_release_itself_is_promoted_again_since_the_one_before_is_gone(
    standing: Desk,
) -> None:
    standing.bench.commit("second", a="2")
    standing("--stage", "dev")
    with_old(standing).bench.answers["smoke in dev"] = "failed"
    assert standing(*LOOK, "--yes") == 3
    assert standing(*LOOK) == 9
    assert "next: promote --stage dev --release r2" in standing.err


def test_an_interrupted_one_is_resumed_or_abandoned_without_a_rollback(beside: Desk) -> None:
    beside.interrupted(*LOOK, "--yes", after=4)
    assert beside("resume", "--stage", "dev") == 0
    assert attempts(beside)[-1].outcome is Outcome.RETIRED
    with_old(beside).interrupted(*LOOK, "--yes", after=4)
    assert beside("abort", "--stage", "dev") == 0
    assert [one.outcome for one in attempts(beside)][-2:] == [Outcome.RETIRED, Outcome.ABORTED]


def test_a_release_from_before_is_not_asked_for_what_it_does_not_know(beside: Desk) -> None:
    (first,) = beside.bench.shop().history().releases
    recipes = beside.bench.world.recipes
    recipes[first] = replace(recipes[first], retires=None)
    assert beside(*LOOK, "--yes") == 9
    assert "it was pinned before there was `promote retire`" in beside.err
    assert len(attempts(beside)) == 1


def test_afterwards_the_release_before_says_itself_why_it_does_not_come_back(standing: Desk) -> None:
    standing.bench.commit("second", a="2")
    standing("--stage", "dev")
    world, (first, second) = standing.bench.world, standing.bench.shop().history().releases
    with_old(standing)
    assert standing(*LOOK, "--yes") == 0
    gone = "2025.1 came before 2026.1 (next: restore openstack in config/stagegate.yaml)"
    world.recipes[first] = replace(world.recipes[first], refusals=(gone,))
    assert standing("plan", "--rollback", "--stage", "dev") == 9
    assert gone in standing.out
    assert standing("rollback", "--stage", "dev") == 9
    assert gone in standing.err
    assert standing.bench.shop().history().stage("dev").standing == second
