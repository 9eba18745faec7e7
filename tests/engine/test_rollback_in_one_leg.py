"""A rollback by hand of which the plan has one leg, as where the release before still stands beside."""

from dataclasses import replace

import pytest
from runs import verified

from pipeline.core.forecast import last_like, to_go
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.legs import Leg
from pipeline.core.transitions import Phase
from pipeline.engine.holds import hold
from pipeline.engine.preview import preview_rollback
from pipeline.engine.promote import Wish, promote
from pipeline.engine.rollback import roll_back
from pipeline.testing import Bench
from pipeline.testing.deployer import FakeDeployer

CUT_OVER = Leg("cut-over", ("a",), ("smoke",), asks_policy=True)


@pytest.fixture
def upgraded() -> Bench:
    """A second release has taken over, and clients of the first one change over in a leg that asks policy."""
    bench = Bench()
    first = verified(bench, a="1", b="1")
    bench.commit("second", a="2", b="1")
    promote(bench.shop(), Wish("dev"))
    bench.world.recipes[first] = replace(bench.world.recipes[first], legs=(CUT_OVER,))
    bench.world.calls.clear()
    return bench


def test_it_is_shown_and_changes_nothing(upgraded: Bench) -> None:
    found = preview_rollback(upgraded.shop(), "dev", None)
    assert (found.kind, found.would_go, found.plan.legs) == (Kind.ROLLBACK, True, (CUT_OVER,))
    assert [gate.gate for gate in found.gates or ()] == ["smoke"], "once, although both ask for it"
    assert not [call for call in upgraded.world.calls if call.startswith("perform")]


def test_it_is_performed_in_a_hold_too_since_no_rollback_is_asked(upgraded: Bench) -> None:
    hold(upgraded.shop(), "dev", "fair", None)
    result = roll_back(upgraded.shop(), "dev", None)
    assert (result.outcome, result.attempt.legs_started) == (Outcome.ROLLED_BACK, 1)
    assert upgraded.world.stages["dev"]["a"] == "1"
    assert [call for call in upgraded.world.calls if call.startswith("perform")] == ["perform dev a"]
    view = upgraded.shop().history().stage("dev")
    assert (view.pointer, view.standing, view.confirmed) == (result.attempt.release, view.pointer, True)


def test_how_long_it_takes_is_told_from_the_last_one(upgraded: Bench) -> None:
    """One leg is no section, so it counts like a plan without legs."""
    result = roll_back(upgraded.shop(), "dev", None)
    past = last_like(list(upgraded.shop().ledger.read()), "dev", Kind.ROLLBACK)
    under_way = replace(result.attempt, phase=Phase.PERFORMING, evidence={})
    assert past is not None
    assert to_go(past, under_way, 0.0) is not None


def test_a_red_gate_leaves_the_stage_for_a_person(upgraded: Bench) -> None:
    upgraded.answers["smoke in dev"] = "failed"
    result = roll_back(upgraded.shop(), "dev", None)
    assert (result.outcome, len(result.attempts)) == (Outcome.ROLLBACK_FAILED, 1)


def test_the_release_is_told_that_it_is_rolled_back_to_and_no_promotion_is(
    upgraded: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool | None] = []
    plan = FakeDeployer.plan
    monkeypatch.setattr(
        FakeDeployer, "plan", lambda self, context: told.append(context.rollback) or plan(self, context)
    )
    preview_rollback(upgraded.shop(), "dev", None)
    roll_back(upgraded.shop(), "dev", None)
    assert told == [True, True]
    upgraded.commit("third", a="3", b="1")
    promote(upgraded.shop(), Wish("dev"))
    assert told[2:] == [None]
