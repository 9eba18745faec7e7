"""A redeployment that does not get to its end is resumed, or leaves the stage as its release has it."""

from runs import go, interrupt, verified

from pipeline.core.kinds import Kind, Outcome
from pipeline.engine.preview import preview_redeploy
from pipeline.engine.redeploy import redeploy
from pipeline.engine.resume import abort, resume
from pipeline.testing import Bench


def half_way(bench: Bench) -> str:
    """The old host is gone, and there is no new one yet; returns the release that stands there."""
    release = verified(bench, a="1", b="1")
    shop = bench.shop()
    interrupt(bench, lambda: redeploy(shop, preview_redeploy(shop, "dev", "a"), "a"))
    assert bench.world.stages["dev"]["a"] == "gone"
    return release


def test_one_that_was_interrupted_is_resumed_where_it_was(bench: Bench) -> None:
    half_way(bench)
    result = resume(bench.shop(), "dev")
    assert (result.attempt.kind, result.outcome) == (Kind.REDEPLOY, Outcome.REDEPLOYED)
    assert [call for call in bench.world.calls if "gone/a" in call] == ["perform dev gone/a"], "done once"
    assert bench.world.stages["dev"]["a"] == "1"


def test_one_that_is_abandoned_brings_back_what_was_taken_apart(bench: Bench) -> None:
    release = half_way(bench)
    result = abort(bench.shop(), "dev")
    assert [attempt.outcome for attempt in result.attempts] == [Outcome.ABORTED, Outcome.ROLLED_BACK]
    assert bench.world.stages["dev"]["a"] == "1"
    view = bench.shop().history().stage("dev")
    assert (view.pointer, view.confirmed) == (release, True)


def test_one_whose_gate_is_red_brings_back_no_other_release(bench: Bench) -> None:
    first = verified(bench, a="1", b="1")
    second = bench.commit("second", a="2", b="1")
    go(bench)
    shop = bench.shop()
    bench.answers["smoke in dev"] = "failed"
    result = redeploy(shop, preview_redeploy(shop, "dev", "a"), "a")
    assert (result.outcome, result.rollback) == (Outcome.FAILED, None)
    view = bench.shop().history().stage("dev")
    assert (view.standing, view.verified, view.confirmed) == (second, (first,), False)
