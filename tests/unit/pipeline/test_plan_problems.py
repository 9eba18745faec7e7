"""Plans that cannot be performed: by their steps, or by their legs."""

import pytest

from pipeline.core import events as ev
from pipeline.core.advancing import advance
from pipeline.core.attempt import begin
from pipeline.core.errors import IllegalTransition
from pipeline.core.kinds import Kind
from pipeline.core.legs import Leg
from pipeline.core.plan import Plan, Step

STEPS = (Step("a", "host", None, "a"), Step("b", "host", None, "b", ("a",)), Step("c", "host", None, "c"))


@pytest.mark.parametrize(
    "plan",
    [
        Plan((Step("a", "host", None, "a"), Step("a", "host", None, "a"))),
        Plan((Step("a", "host", None, "a", ("nothing",)),)),
        Plan((Step("a", "host", None, "a", ("b",)), Step("b", "host", None, "b", ("a",)))),
        Plan(STEPS, legs=(Leg("one", ("a", "b"), ("smoke",)), Leg("one", ("c",)))),
        Plan(STEPS, legs=(Leg("one", ("a", "b")), Leg("two", ("c",)))),
        Plan(STEPS, legs=(Leg("one", ("a", "b")),)),
        Plan(STEPS, legs=(Leg("one", ("a", "b", "c")), Leg("two", ("c",)))),
        Plan(STEPS, legs=(Leg("one", ("a", "b", "c", "d")),)),
        Plan(STEPS, legs=(Leg("one", ("b",), ("smoke",)), Leg("two", ("a", "c")))),
        Plan(STEPS, legs=(Leg("one", ("a", "b", "c"), ("smoke", "smoke")),)),
        Plan(STEPS, legs=(Leg("../one", ("a", "b", "c")),)),
        Plan(STEPS, legs=(Leg("one", ("a", "b", "c"), ("../smoke",)),)),
    ],
    ids=[
        "double",
        "unknown need",
        "circle",
        "double leg",
        "leg without a gate",
        "step in no leg",
        "step in two legs",
        "leg with an unknown step",
        "need in a later leg",
        "gate twice",
        "name of a leg",
        "name of a gate",
    ],
)
def test_a_plan_that_cannot_be_performed_is_never_begun(plan: Plan) -> None:
    start = ev.AttemptStarted("p1", "p1", Kind.PROMOTE, "dev", "release", ("smoke",), 1)
    assert plan.problems()
    with pytest.raises(IllegalTransition):
        advance(begin(start, 0.0, {}), ev.PlanMade("p1", plan), 0.0)


@pytest.mark.parametrize(
    "legs",
    [
        (),
        (Leg("one", ("a", "b", "c")),),
        (Leg("one", ("c", "a"), ("smoke",)), Leg("two", ("b",))),
        (Leg("one", (), ("smoke",)), Leg("two", ("a", "b", "c"), ("smoke",), asks_policy=True)),
    ],
    ids=["none", "one", "two", "one without steps"],
)
def test_a_plan_whose_legs_hold_each_step_once_can_be_performed(legs: tuple[Leg, ...]) -> None:
    assert Plan(STEPS, legs=legs).problems() == ()


def test_a_plan_that_refuses_may_name_steps_that_it_has_not() -> None:
    assert Plan(refusals=("no",), legs=(Leg("one", ("a",)),)).irreversible_steps() == ()
