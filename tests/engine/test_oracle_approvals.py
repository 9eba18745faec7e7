"""The oracle names each rule about approvals and expected plans that the engine breaks."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from broken_rules import Break, must_be_named
from oracle import forbidden
from orders import Orders, Stop

from pipeline.core import events as ev
from pipeline.core.approval import ApprovalRule
from pipeline.core.approvals import Approvals, spoken
from pipeline.core.line import Line

RULES = "pipeline.core.policy.approved"


def asked(orders: Orders, rule: ApprovalRule) -> None:
    """One release, verified in dev; staging asks for such approvals."""
    orders.commit()
    orders.promote("dev", 0)
    ask(orders, rule)


def ask(orders: Orders, rule: ApprovalRule) -> None:
    line = orders.bench.shop().history().line
    assert line is not None
    dev, staging, prod = line.stages
    orders.set_line(Line((dev, replace(staging, approvals=rule), prod)))


def approve(orders: Orders, *names: str, proved: bool = False) -> None:
    for name in names:
        orders.speak_as(name, proved=proved)
        orders.approve("staging", 0)
    orders.speak_as("operator@desk")


def nobody(orders: Orders) -> None:
    asked(orders, ApprovalRule(1))
    orders.promote("staging", 0)


def too_few(orders: Orders) -> None:
    asked(orders, ApprovalRule(2))
    approve(orders, "anna")
    orders.promote("staging", 0)


def their_own(orders: Orders) -> None:
    asked(orders, ApprovalRule(1))
    approve(orders, "operator@desk")
    orders.promote("staging", 0)


def twice(orders: Orders) -> None:
    asked(orders, ApprovalRule(2))
    approve(orders, "anna")
    approve(orders, "anna", proved=True)
    orders.promote("staging", 0)


def expired(orders: Orders) -> None:
    asked(orders, ApprovalRule(1, within_s=60))
    approve(orders, "anna")
    orders.bench.clock.time += 60
    orders.promote("staging", 0)


def taken_back(orders: Orders) -> None:
    asked(orders, ApprovalRule(1))
    approve(orders, "anna")
    orders.speak_as("anna")
    orders.withdraw_approval("staging", 0)
    orders.speak_as("operator@desk")
    orders.promote("staging", 0)


def not_among_them(orders: Orders) -> None:
    asked(orders, ApprovalRule(1))
    approve(orders, "anna")
    ask(orders, ApprovalRule(1, by=("bob",)))
    orders.promote("staging", 0)


def begun_before(orders: Orders) -> None:
    asked(orders, ApprovalRule(1))
    approve(orders, "anna")
    orders.bench.answers["failover"] = "failed"
    orders.promote("staging", 0)
    del orders.bench.world.stages["staging"]
    orders.promote("staging", 0, Stop(events=1))


def changed_plan(orders: Orders) -> None:
    asked(orders, ApprovalRule(1))
    approve(orders, "anna")
    orders.bench.world.stages["staging"] = {"a": "release 0"}
    orders.promote("staging", 0)


def changed_world(orders: Orders) -> None:
    orders.commit()
    orders.promote_plan("dev", 0, lambda: orders.promote("dev", 0))


def more_meanwhile(orders: Orders) -> None:
    asked(orders, ApprovalRule(1))
    approve(orders, "anna")
    orders.promote("staging", 0, Stop(events=3))
    ask(orders, ApprovalRule(2))
    orders.resume("staging")


def no_reason(*_: object) -> None:
    return None


def not_taken_back(
    approvals: Approvals, event: ev.PromotionApproved | ev.ApprovalWithdrawn, at: float
) -> Approvals:
    return approvals if isinstance(event, ev.ApprovalWithdrawn) else spoken(approvals, event, at)


# What of the engine no longer holds, and what is there instead; then what the oracle says of it.
BREAKS: dict[str, tuple[str, Callable[..., object], Callable[[Orders], None], str]] = {
    "nobody": (f"{RULES}._people", lambda _: {1, 2}, nobody, "p2 enters staging with 0 of 1 approvals"),
    "too few": (f"{RULES}._people", lambda _: {1, 2}, too_few, "p2 enters staging with 1 of 2 approvals"),
    "twice": (
        f"{RULES}._people",
        lambda items: {str(item.by) for item in items},
        twice,
        "p2 enters staging with 1 of 2 approvals",
    ),
    "their own": (f"{RULES}._objection", no_reason, their_own, "p2 enters staging with 0 of 1 approvals"),
    "expired": (f"{RULES}._objection", no_reason, expired, "p2 enters staging with 0 of 1 approvals"),
    "not among them": (
        f"{RULES}._objection", no_reason, not_among_them, "p2 enters staging with 0 of 1 approvals"
    ),
    "taken back": (
        "pipeline.core.history.spoken", not_taken_back, taken_back, "p2 enters staging with 0 of 1 approvals"
    ),
    "begun before": (
        "pipeline.core.history.used_up",
        lambda approvals, *_: approvals,
        begun_before,
        "p3 enters staging with 0 of 1 approvals",
    ),
    "a changed plan": (
        "pipeline.engine.tasks._require_expected",
        no_reason,
        changed_plan,
        "p2 has another plan than was approved or asked for",
    ),
    "a changed world": (
        "pipeline.engine.tasks._require_expected",
        no_reason,
        changed_world,
        "p2 has another plan than was approved or asked for",
    ),
    "more meanwhile": (
        "pipeline.core.policy.entry.still_approved",
        lambda *_: True,
        more_meanwhile,
        "p2 enters staging with 1 of 2 approvals",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("place", "instead", "sequence", "said"), BREAKS.values(), ids=BREAKS)
def test_the_oracle_names_the_rule_about_approvals_that_is_broken(
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    instead: Callable[..., object],
    sequence: Callable[[Orders], None],
    said: str,
) -> None:
    must_be_named(monkeypatch, Break((place,), instead), sequence, said)


def test_what_enough_others_have_approved_goes_in() -> None:
    orders = Orders()
    asked(orders, ApprovalRule(2, by=("anna", "bob"), within_s=60, verified=True))
    approve(orders, "anna", "bob", proved=True)
    orders.bench.clock.time += 59
    orders.promote("staging", 0)

    assert forbidden(orders.bench.store.records) == []
    assert orders.bench.shop().history().stage("staging").pointer == orders.releases[0]
