"""The oracle names each rule about overrides, and about any of several stages before, that is broken."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from broken_rules import STRICT, Break, first, must_be_named
from oracle import forbidden
from orders import Orders

from pipeline.core.line import Line, LineGate

DEV, STAGING, PROD = STRICT.stages
CARRIED = "gate smoke of p2 goes on by an override that did not stand"
ENDED = "p2 ends as verified without a pass of each gate and check"


def override(orders: Orders, by: str = "operator@desk", for_s: float | None = None) -> None:
    """The first release is in dev, whose gate lets it through no more; this person may override it there."""
    first(orders, "dev")
    dev = replace(DEV, gates=(LineGate("smoke"),), overriders=(by,))
    orders.set_line(Line((dev, STAGING, PROD)))
    orders.override("dev", 0, "smoke", for_s)
    orders.bench.answers["smoke in dev"] = "failed"


def withdrawn(orders: Orders) -> None:
    override(orders)
    orders.withdraw_override("dev", 0, "smoke")
    orders.promote("dev", 0)


def over(orders: Orders) -> None:
    override(orders, for_s=60)
    orders.bench.clock.time += 60
    orders.promote("dev", 0)


def by_another(orders: Orders) -> None:
    override(orders, "another")
    orders.promote("dev", 0)


def by_one_who_may_no_longer(orders: Orders) -> None:
    override(orders)
    orders.set_line(Line((replace(DEV, gates=(LineGate("smoke"),)), STAGING, PROD)))
    orders.promote("dev", 0)


def of_a_gate_by_hand(orders: Orders) -> None:
    override(orders)
    orders.run_gate("smoke", "dev")


def of_a_gate_that_could_not_start(orders: Orders) -> None:
    override(orders)
    orders.bench.world.broken.add("roster")
    orders.promote("dev", 0)


def that_stands(orders: Orders) -> None:
    override(orders)
    orders.promote("dev", 0)
    orders.promote("staging", 0)


def verified_in_neither(orders: Orders) -> None:
    first(orders)
    orders.set_line(Line((DEV, STAGING, replace(PROD, after=("dev", "staging"), after_any=True))))
    orders.promote("prod", 0)


def soaked_in_neither(orders: Orders) -> None:
    first(orders, "dev", "staging")
    dev = replace(DEV, gates=(LineGate("smoke"),))
    orders.set_line(Line((dev, STAGING, replace(PROD, after=("dev", "staging"), after_any=True, soak_s=60))))
    orders.promote("prod", 0)


MAY = "pipeline.core.overrides.may_override"
CARRY = ("pipeline.core.advancing.may_carry", "pipeline.core.policy.carried.may_carry")
BREAKS: dict[str, tuple[Break, Callable[[Orders], None], tuple[str, ...]]] = {
    "withdrawn": (
        Break(("pipeline.core.overrides.without_override",), lambda overrides, _about: overrides),
        withdrawn,
        (CARRIED, ENDED),
    ),
    "over": (Break(("pipeline.core.overrides.Override.ended",), lambda *_: False), over, (CARRIED, ENDED)),
    "by another": (
        Break(("pipeline.core.line.LineStage.may_not_override",), lambda *_: None),
        by_another,
        (CARRIED, ENDED),
    ),
    "by one who may no longer": (
        Break((MAY,), lambda *_: True),
        by_one_who_may_no_longer,
        (CARRIED, ENDED),
    ),
    "of a gate by hand": (Break(CARRY, lambda *_: True), of_a_gate_by_hand, (CARRIED,)),
    "of a gate that could not start": (
        Break(CARRY, lambda *_: True),
        of_a_gate_that_could_not_start,
        (CARRIED, ENDED),
    ),
    "that stands": (
        Break(CARRY[1:], lambda *_: False),
        that_stands,
        ("gate smoke of p2 does not go on by the override that stood",),
    ),
    "verified in neither": (
        Break(("pipeline.core.policy.verified_before.counts",), lambda *_: True),
        verified_in_neither,
        (
            "p1 is of a release that is not verified in dev",
            "p1 is of a release that is not verified in staging",
        ),
    ),
    "soaked in neither": (
        Break(("pipeline.core.policy.soaked._too_early",), lambda *_: None),
        soaked_in_neither,
        tuple(
            f"p3 is of a release that has not stood in {stage} for long enough"
            for stage in ("dev", "staging")
        ),
    ),
}


@pytest.mark.parametrize(("broken", "sequence", "said"), BREAKS.values(), ids=BREAKS)
def test_the_oracle_names_the_rule_that_is_broken(
    monkeypatch: pytest.MonkeyPatch,
    broken: Break,
    sequence: Callable[[Orders], None],
    said: tuple[str, ...],
) -> None:
    must_be_named(monkeypatch, broken, sequence, *said)


def test_what_was_overridden_goes_on_and_one_of_several_stages_is_enough() -> None:
    orders = Orders()
    that_stands(orders)
    orders.bench.answers.clear()
    dev, staging, _ = orders.bench.shop().history().line.stages
    orders.set_line(Line((dev, staging, replace(PROD, after=("dev", "staging"), after_any=True))))
    orders.promote("prod", 0)

    assert forbidden(orders.bench.store.records) == []
    history = orders.bench.shop().history()
    assert [history.stage(stage).pointer for stage in ("dev", "staging", "prod")] == orders.releases * 3
