"""`promote redeploy`: shows, asks, replaces one host, runs smoke; who did it is in the ledger."""

from dataclasses import replace

import pytest
from desk import Desk, green, held, second_fails

from pipeline.cli.sentences import sentence
from pipeline.core.actor import Actor
from pipeline.core.attempt import Attempt
from pipeline.core.events import AttemptStarted, Event
from pipeline.core.freeze import Freeze
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.plan import Plan
from pipeline.engine.line import set_line
from pipeline.ports import Context
from pipeline.testing.deployer import FakeDeployer

LOOK = ("redeploy", "a", "--stage", "dev")


def is_start_of(event: Event, attempt: str) -> bool:
    return isinstance(event, AttemptStarted) and event.attempt == attempt


def attempts(desk: Desk) -> list[Attempt]:
    return list(desk.bench.shop().history().attempts.values())


@pytest.fixture
def stands(desk: Desk) -> Desk:
    """A release stands verified in dev."""
    assert desk(*green(desk)) == 0
    desk.bench.world.calls.clear()
    return desk


def test_without_yes_it_shows_each_step_and_the_gate_and_changes_nothing(stands: Desk) -> None:
    assert stands(*LOOK) == 0
    assert "remove a" in stands.out
    assert "make a new a" in stands.out
    assert "gate smoke: 1 to run" in stands.out
    assert stands.out.endswith("to do it: promote redeploy a --stage dev --yes\n")
    assert len(attempts(stands)) == 1
    assert not [call for call in stands.bench.world.calls if call.startswith(("perform", "begin"))]


def test_with_yes_it_does_what_it_shows_and_runs_smoke(stands: Desk) -> None:
    before = stands.bench.shop().history().stage("dev")
    stands.bench.actor = Actor("anna@desk")
    assert stands(*LOOK, "--yes") == 0
    (_, done) = attempts(stands)
    assert (done.kind, done.outcome, done.gates) == (Kind.REDEPLOY, Outcome.REDEPLOYED, ("smoke",))
    assert (done.redeploy, done.by, done.release) == ("a", Actor("anna@desk"), before.standing)
    assert done.expects, "what was shown is what is done"
    assert [call for call in stands.bench.world.calls if call.startswith("perform")] == [
        "perform dev gone/a",
        "perform dev a",
    ]
    after = stands.bench.shop().history().stage("dev")
    assert (after.verified, after.confirmed, after.pointer) == (before.verified, True, before.pointer)
    stands("audit", "--stage", "dev")
    assert "redeployed a" in stands.out
    stands("show", "p2")
    assert "p2: redeploy a of r1" in stands.out
    begun = [record.event for record in stands.bench.shop().ledger.read() if is_start_of(record.event, "p2")]
    assert [sentence(event, {}) for event in begun] == ["p2: redeploy of a in dev begins"]


def test_a_host_that_there_is_not_is_refused_with_those_that_there_are(stands: Desk) -> None:
    for more in ((), ("--yes",)):
        assert stands("redeploy", "zebra", "--stage", "dev", *more) == 9
        assert "no thing zebra; there is a" in stands.out + stands.err
    assert len(attempts(stands)) == 1


def test_where_nothing_stands_or_what_stands_is_not_verified_nothing_is_redeployed(desk: Desk) -> None:
    assert desk(*LOOK, "--yes") == 9
    assert "nothing stands in dev" in desk.err
    desk(*green(desk))
    desk(*second_fails(desk), "--keep")
    assert desk(*LOOK, "--yes") == 9
    assert "r2, which stands in dev, is not verified there" in desk.err


def test_of_a_rejected_release_no_host_is_made(stands: Desk) -> None:
    stands("reject", "r1", "--reason", "it loses rows")
    assert stands(*LOOK, "--yes") == 9
    assert "no host is made of it any more" in stands.err


def test_a_hold_and_a_freeze_stop_it(stands: Desk) -> None:
    shop = stands.bench.shop()
    before = shop.history().line
    assert before is not None
    dev, *rest = before.stages
    frozen = replace(dev, freezes=(Freeze("fair", "1970-01-01T00:00", 10**9),))
    set_line(shop, replace(before, stages=(frozen, *rest)), "a test", expected=before)
    assert stands(*LOOK, "--yes") == 4
    held(stands)
    assert stands(*LOOK) == 6
    assert stands(*LOOK, "--yes") == 6
    assert len(attempts(stands)) == 1


def test_a_step_that_fails_is_rolled_back_to_the_same_release(stands: Desk) -> None:
    stands.bench.world.errors["step a"] = OSError("no space left")
    assert stands(*LOOK, "--yes") == 7
    (first, failed, back) = attempts(stands)
    assert (failed.outcome, back.outcome) == (Outcome.ROLLOUT_FAILED, Outcome.ROLLED_BACK)
    assert (back.release, back.rolls_back, back.redeploy) == (first.release, failed.id, None)
    assert stands.bench.world.stages["dev"]["a"] == "1"


def test_a_red_gate_turns_the_release_down_and_brings_back_no_other(stands: Desk) -> None:
    stands.bench.commit("second", a="2")
    stands("--stage", "dev")
    stands.bench.answers["smoke in dev"] = "failed"
    assert stands(*LOOK, "--yes") == 3
    assert [one.outcome for one in attempts(stands)][2:] == [Outcome.FAILED]
    view = stands.bench.shop().history().stage("dev")
    assert (view.standing, view.confirmed) == (attempts(stands)[1].release, False)
    assert view.standing not in view.verified


def test_a_transient_failure_is_tried_again_and_told(stands: Desk) -> None:
    stands.bench.world.broken.add("transient a")
    assert stands(*LOOK, "--yes") == 0
    assert [retry.what for retry in attempts(stands)[-1].retries] == ["a"]


def test_what_has_changed_since_it_was_shown_is_not_done(
    stands: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = FakeDeployer.plan

    def another(self: FakeDeployer, context: Context) -> Plan:
        made = plans(self, context)
        return made if context.token is None else replace(made, steps=made.steps[:1])

    monkeypatch.setattr(FakeDeployer, "plan", another)
    assert stands(*LOOK, "--yes") == 9
    assert attempts(stands)[-1].outcome is Outcome.REFUSED
    assert not [call for call in stands.bench.world.calls if call.startswith(("perform", "begin"))]


def test_a_release_from_before_is_not_asked_to_do_what_it_does_not_know(
    stands: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = FakeDeployer._redeployed  # noqa: SLF001 - stands for an older release
    monkeypatch.setattr(
        FakeDeployer, "_redeployed", lambda self, *more: replace(made(self, *more), redeploys=None)
    )
    assert stands(*LOOK, "--yes") == 9
    assert "before there was `promote redeploy`" in stands.err
    assert len(attempts(stands)) == 1
