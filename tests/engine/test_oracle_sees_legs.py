"""The oracle names what the engine does when a rule of legs is broken, and nothing while it is kept."""

from collections.abc import Callable

import pytest
from broken_rules import Break, must_be_named
from oracle import forbidden
from orders import Legging, Orders

from pipeline.core import events as ev
from pipeline.core.legs import Leg
from pipeline.core.policy.decision import Allow

TWO = (Leg("one", ("a",), ("smoke",)), Leg("two", ("b",), asks_policy=True))
BEFORE_THE_SECOND = 23  # calls of ports, of which the last is right before policy is asked


def in_two_legs(orders: Orders) -> None:
    orders.commit(legging=Legging(TWO), a="1", b="1")


def held_between(orders: Orders) -> None:
    in_two_legs(orders)
    orders.between(BEFORE_THE_SECOND, lambda: orders.hold("dev"))
    orders.promote("dev", 0)


def rejected_between(orders: Orders) -> None:
    in_two_legs(orders)
    orders.between(BEFORE_THE_SECOND, lambda: orders.reject(0))
    orders.promote("dev", 0)


def straight(orders: Orders) -> None:
    in_two_legs(orders)
    orders.promote("dev", 0)


def red_irreversibly(orders: Orders) -> None:
    """The second release does what can't be undone, and is red then."""
    orders.commit(a="1", b="1")
    orders.promote("dev", 0)
    orders.commit(legging=Legging(TWO, ("b",)), a="2", b="2")
    orders.bench.answers["smoke in leg two"] = "failed"
    orders.promote("dev", 1)


ALLOWED = Break(
    ("pipeline.engine.legs.may_begin_leg",), lambda *_: Allow(("a test says so",))
)  # fmt: skip


@pytest.mark.parametrize(
    ("broken", "sequence", "said"),
    [
        pytest.param(ALLOWED, held_between, ("p1 begins leg two in dev, which is held",), id="held"),
        pytest.param(ALLOWED, rejected_between, ("p1 is of a rejected release",), id="rejected"),
        pytest.param(
            Break(("pipeline.core.attempt.Attempt.irreversible",), property(lambda _: None)),
            red_irreversibly,
            ("p3 rolls back p2, whose step b can't be undone",),
            id="rollback past what can't be undone",
        ),
    ],
)
def test_the_oracle_names_what_a_broken_rule_lets_through(
    monkeypatch: pytest.MonkeyPatch,
    broken: Break,
    sequence: Callable[[Orders], None],
    said: tuple[str, ...],
) -> None:
    must_be_named(monkeypatch, broken, sequence, *said)


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        pytest.param(
            lambda event: isinstance(event, ev.GateJudged) and event.leg == "one",
            ["p1 goes on without a pass of smoke in leg one"] * 2,
            id="gate of an earlier leg",
        ),
        pytest.param(
            lambda event: event == ev.LegStarted("p1", "two"),
            [
                "p1 begins step b outside of leg two",
                "p1 begins gate smoke before the steps of its leg are done",
                "p1 ends well without leg two",
            ],
            id="beginning of a leg",
        ),
        pytest.param(
            lambda event: event == ev.LegStarted("p1", "one"),
            [
                "p1 begins step a outside of leg one",
                "p1 begins gate smoke before any leg",
                "p1 begins leg two out of turn",
                "p1 ends well without leg one",
            ],
            id="beginning of the first leg",
        ),
        pytest.param(
            lambda event: isinstance(event, ev.StepSucceeded) and event.step == "b",
            ["p1 begins gate smoke before the steps of its leg are done", "p1 leaves out step b"],
            id="end of a step",
        ),
    ],
)
def test_the_oracle_names_what_is_missing_of_a_leg(lost: Callable[[ev.Event], bool], said: list[str]) -> None:
    orders = Orders()
    straight(orders)
    assert forbidden(orders.bench.store.records) == []

    left = [record for record in orders.bench.store.records if not lost(record.event)]
    records = [ev.Record(seq, record.at, record.event) for seq, record in enumerate(left, 1)]

    assert [line.partition(": ")[2] for line in forbidden(records)] == said
