"""`promote redeploy`: shows, asks, replaces one host, runs smoke; who did it is in the ledger."""

from dataclasses import replace

import pytest
from desk import Desk, green, held, second_fails, set_rules

from pipeline.cli.sentences import Told, sentence
from pipeline.core.actor import Actor
from pipeline.core.attempt import Attempt
from pipeline.core.events import AttemptStarted, Event
from pipeline.core.freeze import Freeze
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.plan import Plan
from pipeline.ports import Context
from pipeline.testing.deployer import FakeDeployer

LOOK = ("redeploy", "a", "--stage", "dev")


def is_start_of(event: Event, attempt: str) -> bool:
    return isinstance(event, AttemptStarted) and event.attempt == attempt


def attempts(desk: Desk) -> list[Attempt]:
    return list(desk.bench.shop().history().attempts.values())


@pytest.fixture
def standing(standing: Desk) -> Desk:
    """What was called on the way there is forgotten."""
    standing.bench.world.calls.clear()
    return standing


def test_without_yes_it_shows_each_step_and_the_gate_and_changes_nothing(standing: Desk) -> None:
    assert standing(*LOOK) == 0
    assert "remove a" in standing.out
    assert "make a new a" in standing.out
    assert "gate smoke: 1 to run" in standing.out
    assert standing.out.endswith("to do it: promote redeploy a --stage dev --yes\n")
    assert len(attempts(standing)) == 1
    assert not [call for call in standing.bench.world.calls if call.startswith(("perform", "begin"))]


def test_with_yes_it_does_what_it_shows_and_runs_smoke(standing: Desk) -> None:
    before = standing.bench.shop().history().stage("dev")
    standing.bench.actor = Actor("anna@desk")
    assert standing(*LOOK, "--yes") == 0
    (_, done) = attempts(standing)
    assert (done.kind, done.outcome, done.gates) == (Kind.REDEPLOY, Outcome.REDEPLOYED, ("smoke",))
    assert (done.redeploy, done.by, done.release) == ("a", Actor("anna@desk"), before.standing)
    assert done.expects, "what was shown is what is done"
    assert [call for call in standing.bench.world.calls if call.startswith("perform")] == [
        "perform dev gone/a",
        "perform dev a",
    ]
    after = standing.bench.shop().history().stage("dev")
    assert (after.verified, after.confirmed, after.pointer) == (before.verified, True, before.pointer)
    standing("audit", "--stage", "dev")
    assert "redeployed a" in standing.out
    standing("show", "p2")
    assert "p2: redeploy a of r1" in standing.out
    begun = [
        record.event for record in standing.bench.shop().ledger.read() if is_start_of(record.event, "p2")
    ]
    assert [sentence(event, Told()) for event in begun] == ["p2: redeploy of a in dev begins"]


def test_a_host_that_there_is_not_is_refused_with_those_that_there_are(standing: Desk) -> None:
    for more in ((), ("--yes",)):
        assert standing("redeploy", "zebra", "--stage", "dev", *more) == 9
        assert "no thing zebra; there is a" in standing.out + standing.err
    assert len(attempts(standing)) == 1


def test_where_nothing_stands_or_what_stands_is_not_verified_nothing_is_redeployed(desk: Desk) -> None:
    assert desk(*LOOK, "--yes") == 9
    assert "nothing stands in dev" in desk.err
    desk(*green(desk))
    desk(*second_fails(desk), "--keep")
    assert desk(*LOOK, "--yes") == 9
    assert "r2, which stands in dev, is not verified there" in desk.err


def test_of_a_rejected_release_no_host_is_made(standing: Desk) -> None:
    standing("reject", "r1", "--reason", "it loses rows")
    assert standing(*LOOK, "--yes") == 9
    assert "no host is made of it any more" in standing.err


def test_a_hold_and_a_freeze_stop_it(standing: Desk) -> None:
    set_rules(standing, "dev", freezes=(Freeze("fair", "1970-01-01T00:00", 10**9),))
    assert standing(*LOOK, "--yes") == 4
    held(standing)
    assert standing(*LOOK) == 6
    assert standing(*LOOK, "--yes") == 6
    assert len(attempts(standing)) == 1


def test_a_step_that_fails_is_rolled_back_to_the_same_release(standing: Desk) -> None:
    standing.bench.world.errors["step a"] = OSError("no space left")
    assert standing(*LOOK, "--yes") == 7
    (first, failed, back) = attempts(standing)
    assert (failed.outcome, back.outcome) == (Outcome.ROLLOUT_FAILED, Outcome.ROLLED_BACK)
    assert (back.release, back.rolls_back, back.redeploy) == (first.release, failed.id, None)
    assert standing.bench.world.stages["dev"]["a"] == "1"


def test_a_red_gate_turns_the_release_down_and_brings_back_no_other(standing: Desk) -> None:
    standing.bench.commit("second", a="2")
    standing("--stage", "dev")
    standing.bench.answers["smoke in dev"] = "failed"
    assert standing(*LOOK, "--yes") == 3
    assert [one.outcome for one in attempts(standing)][2:] == [Outcome.FAILED]
    view = standing.bench.shop().history().stage("dev")
    assert (view.standing, view.confirmed) == (attempts(standing)[1].release, False)
    assert view.standing not in view.verified


def test_a_transient_failure_is_tried_again_and_told(standing: Desk) -> None:
    standing.bench.world.broken.add("transient a")
    assert standing(*LOOK, "--yes") == 0
    assert [retry.what for retry in attempts(standing)[-1].retries] == ["a"]


def test_what_has_changed_since_it_was_shown_is_not_done(
    standing: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = FakeDeployer.plan

    def another(self: FakeDeployer, context: Context) -> Plan:
        made = plans(self, context)
        return made if context.token is None else replace(made, steps=made.steps[:1])

    monkeypatch.setattr(FakeDeployer, "plan", another)
    assert standing(*LOOK, "--yes") == 9
    assert attempts(standing)[-1].outcome is Outcome.REFUSED
    assert not [call for call in standing.bench.world.calls if call.startswith(("perform", "begin"))]


def test_a_release_from_before_is_not_asked_to_do_what_it_does_not_know(
    standing: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = FakeDeployer._redeployed  # noqa: SLF001 - stands for an older release
    monkeypatch.setattr(
        FakeDeployer, "_redeployed", lambda self, *more: replace(made(self, *more), redeploys=None)
    )
    assert standing(*LOOK, "--yes") == 9
    assert "before there was `promote redeploy`" in standing.err
    assert len(attempts(standing)) == 1
