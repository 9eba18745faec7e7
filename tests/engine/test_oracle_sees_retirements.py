"""The oracle can fail: it names each rule of the engine about retirements that is broken."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from broken_rules import STRICT, Break, must_be_named
from orders import Orders, Stop

from pipeline.core.approval import ApprovalRule
from pipeline.core.line import Line, LineGate, LineStage
from pipeline.core.policy.decision import Allow

# Before the leg has begun: then nothing is gone yet.
KILLED = Stop(events=2)
MORE = Line((LineStage("dev", (), (LineGate("smoke"),)), LineStage("canary", ("dev",), (LineGate("smoke"),))))
RESUMED = Break(
    ("pipeline.engine.resume.may_go_on", "pipeline.core.policy.next_leg.may_go_on"), lambda *_: Allow(())
)


def killed(orders: Orders) -> None:
    orders.commit(a="1")
    orders.promote("dev", 0)
    orders.retire("dev", KILLED)


def and_rejected(orders: Orders) -> None:
    killed(orders)
    orders.reject(0)
    orders.resume("dev")


def and_a_stage_more(orders: Orders) -> None:
    killed(orders)
    orders.set_line(MORE)
    orders.resume("dev")


def and_approvals_asked(orders: Orders) -> None:
    killed(orders)
    dev = replace(STRICT.stages[0], gates=(LineGate("smoke"),), approvals=ApprovalRule(1))
    orders.set_line(Line((dev,)))
    orders.resume("dev")


def and_checks_asked(orders: Orders) -> None:
    killed(orders)
    orders.set_line(Line((STRICT.stages[0],)))
    orders.resume("dev")


LACKS = "p2 is of a release that lacks canary or a gate of it"
BREAKS: dict[str, tuple[Break, Callable[[Orders], None], tuple[str, ...]]] = {
    "rejected meanwhile": (RESUMED, and_rejected, ("p2 goes on for a rejected release",)),
    "a stage that it lacks": (RESUMED, and_a_stage_more, (LACKS,)),
    "not approved": (RESUMED, and_approvals_asked, ("p2 enters dev with 0 of 1 approvals",)),
    "checks": (RESUMED, and_checks_asked, ("p2 ends as retired without a pass of each gate and check",)),
}


@pytest.mark.parametrize(("broken", "sequence", "said"), BREAKS.values(), ids=BREAKS)
def test_the_oracle_names_the_rule_that_is_broken(
    monkeypatch: pytest.MonkeyPatch, broken: Break, sequence: Callable[[Orders], None], said: tuple[str, ...]
) -> None:
    must_be_named(monkeypatch, broken, sequence, *said)
