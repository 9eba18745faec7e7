"""The oracle can fail: it names each rule of the engine that is broken. And what is sound goes through."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from broken_rules import STRICT, Break, first, must_be_named
from oracle import forbidden, verified
from orders import Orders, Stop

from pipeline.core.history import History
from pipeline.core.line import Line, LineGate, LineStage
from pipeline.core.policy.decision import Allow
from pipeline.core.release import Release
from pipeline.core.stages import StageGraph
from pipeline.testing.deployer import GRAPH

DEV, STAGING, PROD = GRAPH.stages


def not_verified_before(orders: Orders) -> None:
    first(orders)
    orders.promote("staging", 0)


def a_gate_less(orders: Orders) -> None:
    first(orders, "dev")
    orders.commit(StageGraph((DEV, replace(STAGING, gates=("smoke",)), PROD)))
    orders.promote("dev", 1)


def turned_down(orders: Orders) -> None:
    first(orders, "dev")
    orders.bench.answers["smoke"] = "failed"
    orders.promote("dev", 0, Stop(events=4))
    orders.bench.answers.clear()


def turned_down_and_promoted(orders: Orders) -> None:
    turned_down(orders)
    orders.promote("staging", 0)


def turned_down_and_aborted(orders: Orders) -> None:
    turned_down(orders)
    orders.abort("dev")


def held(orders: Orders) -> None:
    orders.commit()
    orders.hold(None)
    orders.promote("dev", 0)


def rejected(orders: Orders) -> None:
    orders.commit()
    orders.reject(0)
    orders.promote("dev", 0)


def rolled_back_to_a_rejected_release(orders: Orders) -> None:
    first(orders, "dev")
    orders.reject(0)
    orders.commit()
    orders.bench.answers["smoke"] = "failed"
    orders.promote("dev", 1)


def too_early(orders: Orders) -> None:
    first(orders, "dev")
    dev, staging, prod = STRICT.stages
    loose = replace(dev, gates=(LineGate("smoke"),))
    orders.set_line(Line((loose, replace(staging, soak_s=60), prod)))
    orders.bench.clock.time += 59
    orders.promote("staging", 0)


def verified_by_less(orders: Orders) -> None:
    first(orders, "dev")
    orders.set_line(STRICT)
    orders.promote("staging", 0)


def a_check_less(orders: Orders) -> None:
    first(orders, "dev")
    orders.commit(checks=("two",))
    orders.promote("dev", 1)


def rebuilt(orders: Orders) -> None:
    first(orders, "dev", "staging")
    orders.rebuild(0, "dev")
    orders.promote("dev", 0)
    orders.promote("prod", 0)


def rebuilt_meanwhile(orders: Orders) -> None:
    """While it stands in staging, dev rebuilds its image: what staging verifies is the old one."""
    first(orders, "dev")
    orders.promote("staging", 0, Stop(events=3))
    orders.rebuild(0, "dev")
    orders.promote("dev", 0)
    orders.resume("staging")


def turned_down_and_resumed(orders: Orders) -> None:
    first(orders, "dev")
    orders.promote("staging", 0, Stop(events=3))
    orders.bench.answers["smoke in dev"] = "failed"
    orders.promote("dev", 0)
    orders.resume("staging")


def a_stage_more_meanwhile(orders: Orders) -> None:
    """The line gets a stage that the interrupted release does not have."""
    first(orders)
    orders.promote("dev", 0, Stop(events=3))
    orders.set_line(
        Line(
            (LineStage("dev", (), (LineGate("smoke"),)), LineStage("canary", ("dev",), (LineGate("smoke"),)))
        )
    )
    orders.resume("dev")


def redeployed_although_held(orders: Orders) -> None:
    orders.commit(a="1")
    orders.promote("dev", 0)
    orders.hold(None)
    orders.redeploy("dev", "a")


def redeployed_of_another(orders: Orders) -> None:
    """The second release stands there, and is turned down."""
    orders.commit(a="1")
    orders.promote("dev", 0)
    orders.commit(a="2")
    orders.bench.answers["smoke in dev"] = "failed"
    orders.promote("dev", 1, keep=True)
    orders.bench.answers.clear()
    orders.redeploy("dev", "a")


def redeployed_and_rejected(orders: Orders) -> None:
    orders.commit(a="1")
    orders.promote("dev", 0)
    orders.reject(0)
    orders.redeploy("dev", "a")


def _any_standing(history: History, stage: str) -> Release:
    return history.releases[history.stage(stage).standing or ""]


def _first_of_all(history: History, _stage: str) -> Release:
    return next(iter(history.releases.values()))


CHOICE = ("pipeline.engine.preview.redeploy_choice", "pipeline.engine.redeploy.redeploy_choice")
BREAKS: dict[str, tuple[Break, Callable[[Orders], None], str]] = {
    "not verified before": (
        Break(("pipeline.core.policy.verified_before.counts",), lambda *_: True),
        not_verified_before,
        "p1 is of a release that is not verified in dev",
    ),
    "a gate taken away": (
        Break(("pipeline.core.policy.line_kept.taken_away",), lambda *_: ()),
        a_gate_less,
        "p2 is of a release that lacks staging or a gate of it",
    ),
    "a verdict, and the next stage": (
        Break(("pipeline.core.history.judged",), lambda view, *_: view),
        turned_down_and_promoted,
        "p3 is of a release that is not verified in dev",
    ),
    "a verdict, and the rollback": (
        Break(("pipeline.core.history.judged",), lambda view, *_: view),
        turned_down_and_aborted,
        "p3 goes back to what is not verified in dev",
    ),
    "a hold": (
        Break(("pipeline.core.history.History.holds_on",), lambda *_: ()),
        held,
        "p1 enters dev, which is held",
    ),
    "a rejection": (
        Break(("pipeline.core.policy.rejection.why_rejected",), lambda *_: None),
        rejected,
        "p1 is of a rejected release",
    ),
    "a rejection, and the rollback": (
        Break(("pipeline.core.history.History.goals",), lambda history, stage: history.stage(stage).verified),
        rolled_back_to_a_rejected_release,
        "p3 goes back to a rejected release",
    ),
    "a hold, and a host": (
        Break(("pipeline.core.policy.redeploys.held",), lambda *_: None),
        redeployed_although_held,
        "p2 redeploys a host in dev, which is held",
    ),
    "a host of what was turned down": (
        Break(CHOICE, _any_standing),
        redeployed_of_another,
        "p3 redeploys a host of what is not verified in dev",
    ),
    "a host of what does not stand": (
        Break(CHOICE, _first_of_all),
        redeployed_of_another,
        "p3 redeploys a host of what does not stand in dev",
    ),
    "a host of what is rejected": (
        Break(CHOICE, _any_standing),
        redeployed_and_rejected,
        "p2 redeploys a host of a rejected release",
    ),
    "too early": (
        Break(("pipeline.core.stage_view.StageView.soaked_s",), lambda *_: 60.0),
        too_early,
        "p2 is of a release that has not stood in dev for long enough",
    ),
    "verified by less": (
        Break(("pipeline.core.policy.verified_before.proves",), lambda *_: True),
        verified_by_less,
        "p2 is of a release that is not verified in dev",
    ),
    "a check taken away": (
        Break(
            ("pipeline.engine.rosters.missing_checks", "pipeline.engine.gating.missing_checks"), lambda *_: ()
        ),
        a_check_less,
        "p2 ends as verified without a pass of each gate and check",
    ),
    "a rebuilt image": (
        Break(("pipeline.core.history.outdated",), lambda view, _release: view),
        rebuilt,
        "p4 is of a release that is not verified in staging",
    ),
    "a resumption": (
        Break(("pipeline.engine.resume.may_go_on",), lambda *_: Allow(())),
        turned_down_and_resumed,
        "p2 is of a release that is not verified in dev",
    ),
    "a resumption, and a stage taken away": (
        Break(("pipeline.core.policy.line_kept.taken_away",), lambda *_: ()),
        a_stage_more_meanwhile,
        "p1 is of a release that lacks canary or a gate of it",
    ),
}


@pytest.mark.parametrize(("broken", "sequence", "said"), BREAKS.values(), ids=BREAKS)
def test_the_oracle_names_the_rule_that_is_broken(
    monkeypatch: pytest.MonkeyPatch, broken: Break, sequence: Callable[[Orders], None], said: str
) -> None:
    must_be_named(monkeypatch, broken, sequence, said)


def test_the_oracle_knows_what_may_count_as_verified() -> None:
    orders = Orders()
    first(orders, "dev", "staging")
    release = orders.releases[0]
    assert [verified(orders.bench.store.records, stage) for stage in GRAPH.names()] == [
        {release}, {release}, set()
    ]  # fmt: skip

    orders.rebuild(0, "dev")
    orders.promote("dev", 0)
    assert verified(orders.bench.store.records, "staging") == set()
    assert verified(orders.bench.store.records, "dev") == {release}

    orders.bench.answers["smoke"] = "failed"
    orders.promote("dev", 0)
    assert verified(orders.bench.store.records, "dev") == set()


def test_what_is_sound_goes_all_the_way() -> None:
    orders = Orders()
    for number in range(2):
        orders.commit()
        for stage in GRAPH.names():
            orders.promote(stage, number)
    orders.set_line(STRICT)
    orders.commit(checks=("one", "two"))
    for stage in GRAPH.names():
        orders.promote(stage)

    records = orders.bench.store.records
    assert forbidden(records) == []
    history = orders.bench.shop().history()
    assert list(history.stage("prod").verified) == orders.releases
