"""Signals, resume and abort."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from runs import JustBefore, go, interrupt, rolled_back, second_interrupted, verified

from pipeline.core.errors import ChildCrashed, NotEligible, RunInterrupted
from pipeline.core.events import GateJudged, Resumed
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.plan import Choice, Roster, RosterEntry
from pipeline.engine.gate import run_gate
from pipeline.engine.promote import Admission, Beginning, Wish, promote, start
from pipeline.engine.result import RunResult
from pipeline.engine.resume import abort, resume
from pipeline.ports import Context
from pipeline.testing import Bench, FakeDeployer, StoppedClock
from pipeline.workshop import Workshop


def test_a_signal_ends_the_step_records_it_and_gives_the_lease_back(bench: Bench) -> None:
    bench.commit("first", a="1", b="2")
    shop = bench.shop()
    bench.quiet.after = len(["pinned", "started", "planned", "step"])

    with pytest.raises(RunInterrupted) as caught:
        promote(shop, Wish("dev"))

    assert caught.value.signal == 15
    assert "resume" in caught.value.next
    assert bench.store.leases == {}
    assert shop.history().stage("dev").open == "p1"
    attempt = shop.history().attempts["p1"]
    assert (attempt.started_steps, attempt.interrupted) == (frozenset(), True)


def interrupted(bench: Bench) -> str:
    """An attempt that a signal ended; the id of its release."""
    release = bench.commit("first", a="1", b="2")
    interrupt(bench, lambda: go(bench))
    return release


@pytest.mark.parametrize("steer", [resume, abort])
def test_who_goes_on_shows_the_hosts_its_token_before_anything_else(
    bench: Bench, steer: Callable[..., RunResult]
) -> None:
    interrupted(bench)
    before = len(bench.world.calls)

    steer(bench.shop(), "dev")

    assert bench.world.calls[before] == "fence dev 2"
    assert bench.world.tokens["dev"] == 2


@pytest.mark.parametrize("error", [ChildCrashed("no such verb"), OSError(2, "gone")])
def test_a_release_that_cannot_show_the_token_goes_on_with_a_warning(bench: Bench, error: Exception) -> None:
    interrupted(bench)
    bench.world.errors["fence"] = error

    assert resume(bench.shop(), "dev").outcome is Outcome.VERIFIED
    assert any("warning" in message for message in bench.quiet.messages)


def test_a_signal_is_answered_while_a_step_waits_to_be_tried_again(bench: Bench) -> None:
    bench.world.broken.add("transient a")
    shop = bench.shop()
    before = bench.clock.now()

    class Napping(StoppedClock):
        def sleep(self, seconds: float) -> None:
            bench.clock.sleep(seconds)
            bench.quiet.signal = 15

        def now(self) -> float:
            return bench.clock.now()

    with pytest.raises(RunInterrupted):
        promote(replace(shop, clock=Napping()), Wish("dev"))

    assert bench.clock.now() - before < 0.5
    bench.quiet.signal = None
    assert resume(bench.shop(), "dev").outcome is Outcome.VERIFIED


def test_a_killed_child_leaves_its_step_without_a_result(bench: Bench) -> None:
    bench.world.broken.add("step a")
    bench.quiet.after = 5
    bench.quiet.kills = 1

    with pytest.raises(RunInterrupted):
        promote(bench.shop(), Wish("dev"))

    attempt = bench.shop().history().attempts["p1"]
    assert attempt.failures == {}
    assert attempt.started_steps == {"a"}


def test_abort_rolls_the_stage_back(bench: Bench) -> None:
    second_interrupted(bench)
    assert bench.world.stages["dev"] != {"a": "1", "b": "1"}

    result = abort(bench.shop(), "dev")

    assert result.outcome is Outcome.ABORTED
    assert rolled_back(result)
    assert bench.world.stages["dev"] == {"a": "1", "b": "1"}


def test_abort_with_keep_leaves_the_stage_as_it_is(bench: Bench) -> None:
    second_interrupted(bench)

    result = abort(bench.shop(), "dev", keep=True)

    assert result.outcome is Outcome.ABORTED
    assert result.rollback is None
    assert result.history.stage("dev").open is None


def test_a_run_that_somebody_drives_elsewhere_is_not_counted_as_interrupted(bench: Bench) -> None:
    verified(bench, a="1", b="2")
    driver, shop = bench.shop(), bench.shop()
    begun = begin_in(bench, driver, "staging")
    bench.commit("second", a="2", b="2")
    interrupt(bench, lambda: promote(shop, Wish("dev")))

    assert resume(shop, None).attempt.stage == "dev"
    assert shop.history().stage("staging").open == begun


def begin_in(bench: Bench, driver: Workshop, stage: str) -> str:
    """An attempt that a living process has begun and is busy with; its id."""
    release = next(iter(driver.history().releases.values()))
    bench.store.dead.clear()
    lease = driver.ledger.acquire(stage, "promote", 3600)
    beginning = Beginning(Kind.PROMOTE, release.stages.stage(stage).gates)
    return start(driver, lease, lambda _history: Admission(release), beginning)


@pytest.mark.parametrize("steer", [resume, abort])
def test_nothing_can_be_resumed_or_aborted_when_nothing_is_open(
    bench: Bench, steer: Callable[..., RunResult]
) -> None:
    with pytest.raises(NotEligible, match="no attempt is interrupted"):
        steer(bench.shop(), None)


class TwoChecks(FakeDeployer):
    """A release whose gates have one check more."""

    def roster(self, context: Context, gate: str) -> Roster:
        found = super().roster(context, gate)
        return replace(found, entries=(*found.entries, RosterEntry("thing", "-", "other")))


def test_a_gate_of_one_check_is_still_of_that_check_when_it_is_resumed(bench: Bench) -> None:
    """Seen: killed and resumed, one chosen fault became every fault of the roster, in prod, too."""
    verified(bench)

    def shop() -> Workshop:
        return replace(bench.shop(), deployer=TwoChecks(bench.world))

    interrupt(bench, lambda: run_gate(shop(), "smoke", "dev", Choice(check="other")), after=1)
    resume(shop(), "dev")

    (judged,) = [
        record.event
        for record in bench.shop().ledger.read()
        if isinstance(record.event, GateJudged) and record.event.attempt == "p2"
    ]
    assert judged.roster is not None
    assert [entry.check for entry in judged.roster.entries] == ["other"]


@pytest.mark.parametrize("answer", ["passed", "failed"])
@pytest.mark.parametrize("after", [2, 3], ids=["while it runs", "once it is judged"])
def test_a_gate_by_hand_that_is_judged_ends_although_a_signal_asked_for_a_stop(
    bench: Bench, answer: str, after: int
) -> None:
    verified(bench)
    bench.answers["smoke"] = answer
    bench.quiet.after = len(bench.quiet.records) + after

    assert run_gate(bench.shop(), "smoke", "dev").outcome is Outcome.OBSERVED

    assert bench.quiet.signal == 15
    assert bench.shop().history().stage("dev").open is None


def test_a_gate_by_hand_whose_children_were_killed_is_left_to_be_resumed(bench: Bench) -> None:
    verified(bench)
    bench.answers["smoke"] = "failed"
    bench.quiet.kills = 1
    interrupt(bench, lambda: run_gate(bench.shop(), "smoke", "dev"), after=2)
    assert bench.shop().history().stage("dev").open == "p2"


def test_a_release_that_is_turned_down_while_its_run_is_resumed_does_not_go_on(bench: Bench) -> None:
    release = verified(bench)
    interrupt(bench, lambda: go(bench, "staging"))
    shop, dev = bench.shop(), bench.shop()
    bench.store.dead.clear()
    bench.answers[f"smoke of {release}"] = "failed"
    ledger = JustBefore(shop.ledger, Resumed, lambda: promote(dev, Wish("dev", release)))

    with pytest.raises(NotEligible, match="may no longer enter staging"):
        resume(replace(shop, ledger=ledger), "staging")

    assert bench.shop().history().attempts["p2"].interrupted, "nobody has resumed it"
