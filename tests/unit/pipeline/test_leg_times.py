"""How long legs took, and what is expected of the next ones."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from pipeline.cli.earlier_legs import Expected
from pipeline.cli.leg_results import leg_results
from pipeline.core import events as ev
from pipeline.core.actor import Actor
from pipeline.core.advancing import advance
from pipeline.core.attempt import Attempt, begin
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.leg_times import LegForecast, LegTime, forecast, leg_times
from pipeline.core.legs import Leg
from pipeline.core.overrides import Override
from pipeline.core.plan import Plan, Step, Trouble
from pipeline.core.verdict import Evidence, Verdict

LEGS = (Leg("build", ("a", "b"), ("smoke",)), Leg("cut-over", ("c",), asks_policy=True))
PLAN = Plan(tuple(Step(name, "host", name, f"make {name}") for name in "abc"), legs=LEGS)
PASS = Evidence(Verdict.PASS, (), 1, 1)
Timed = tuple[float, ev.AttemptEvent]

BUILD: Sequence[Timed] = (
    (1, ev.PlanMade("p1", PLAN)),
    (10, ev.LegStarted("p1", "build")),
    (10, ev.StepStarted("p1", "a", 1)),
    (10, ev.StepStarted("p1", "b", 1)),
    (15, ev.StepSucceeded("p1", "a")),
    (30, ev.StepSucceeded("p1", "b")),
    (30, ev.GateStarted("p1", "smoke", 1, "d", "build")),
    (40, ev.GateJudged("p1", "smoke", 1, PASS, leg="build")),
)
CUT_OVER: Sequence[Timed] = (
    (100, ev.LegStarted("p1", "cut-over")),
    (100, ev.StepStarted("p1", "c", 1)),
    (103, ev.StepSucceeded("p1", "c")),
    (103, ev.GateStarted("p1", "smoke", 1, "d", "cut-over")),
    (107, ev.GateJudged("p1", "smoke", 1, PASS, leg="cut-over")),
)
VERIFIED: Sequence[Timed] = ((108, ev.AttemptEnded("p1", Outcome.VERIFIED)),)


def folded(*events: Timed) -> tuple[Attempt, list[ev.Record]]:
    attempt = begin(ev.AttemptStarted("p1", "p1", Kind.PROMOTE, "dev", "r", ("smoke",), 1), 0.0, {})
    for at, event in events:
        attempt = advance(attempt, event, at)
    return attempt, [ev.Record(number, at, event) for number, (at, event) in enumerate(events, 2)]


def test_a_leg_takes_from_its_begin_to_its_last_result_and_what_lies_between_two_is_of_none() -> None:
    assert leg_times(*folded(*BUILD, *CUT_OVER, *VERIFIED)) == (
        LegTime("build", 2, 30.0, passed=True),
        LegTime("cut-over", 1, 7.0, passed=True),
    )


def test_the_leg_that_goes_on_has_not_passed() -> None:
    build, cut_over = leg_times(*folded(*BUILD, *CUT_OVER[:3]))

    assert build.passed
    assert cut_over == LegTime("cut-over", 1, 3.0)


def test_a_leg_passed_once_its_last_gate_has_though_no_other_begins() -> None:
    aborted = (50, ev.AbortRequested("p1", keep=True))
    for end in ((), (aborted,), (aborted, (51, ev.AttemptEnded("p1", Outcome.ABORTED)))):
        assert leg_times(*folded(*BUILD, *end)) == (LegTime("build", 2, 30.0, passed=True),)
    assert leg_times(*folded(*BUILD, *CUT_OVER))[-1].passed


def test_a_leg_passed_whose_gate_was_overridden_and_not_if_it_was_red() -> None:
    red = Evidence(Verdict.FAIL, (), 1, 1)
    judged = ev.GateJudged("p1", "smoke", 1, red, leg="build")
    carried = replace(judged, override=Override("dev", "r", "smoke", "why", Actor("who"), 1.0, None))
    assert [leg_times(*folded(*BUILD[:-1], (40, one)))[-1].passed for one in (judged, carried)] == [
        False,
        True,
    ]


def states(*events: Timed) -> list[str]:
    return [leg.state for leg in leg_results(*folded(*events), Expected())]


def test_the_state_of_a_leg_is_told_in_a_word() -> None:
    failed = (104, ev.StepFailed("p1", "c", Trouble("it broke")))
    assert states(*BUILD[:5]) == ["under way", "not begun"]
    assert states(*BUILD) == ["passed", "not begun"]
    assert states(*BUILD, *CUT_OVER[:2]) == ["passed", "under way"]
    assert states(*BUILD, *CUT_OVER[:2], failed) == ["passed", "did not pass"]
    assert states(*BUILD, *CUT_OVER[:2], (104, ev.AbortRequested("p1", keep=True))) == [
        "passed",
        "did not pass",
    ]
    assert states(*BUILD, *CUT_OVER) == ["passed", "passed"]


def test_a_leg_whose_step_failed_has_not_passed() -> None:
    failed = ev.StepFailed("p1", "c", Trouble("it broke"))
    times = leg_times(*folded(*BUILD, *CUT_OVER[:2], (104, failed)))

    assert times[-1] == LegTime("cut-over", 1, 4.0)


@pytest.mark.parametrize("end", [(), ((31.0, ev.Interrupted("p1", "SIGINT")),)], ids=["killed", "stopped"])
def test_nobody_drove_a_leg_from_its_last_event_until_it_was_resumed(end: Sequence[Timed]) -> None:
    first, rest = BUILD[:6], BUILD[6:]
    resumed = (531.0, ev.Resumed("p1", 2))
    later = [(at + 501, event) for at, event in rest]

    (build,) = leg_times(*folded(*first, *end, resumed, *later))

    assert build == LegTime("build", 2, 30.0 if not end else 31.0, passed=True, resumed=True)


def test_a_wait_for_policy_between_two_legs_belongs_to_neither() -> None:
    held = (41.0, ev.Interrupted("p1", "policy, before leg cut-over: held"))
    resumed = (90.0, ev.Resumed("p1", 2))

    build, cut_over = leg_times(*folded(*BUILD, held, resumed, *CUT_OVER, *VERIFIED))

    assert (build.seconds, cut_over.seconds) == (30.0, 7.0)
    assert not build.resumed
    assert not cut_over.resumed


def test_an_attempt_without_legs_has_no_times_of_legs() -> None:
    plain = Plan(PLAN.steps)
    assert leg_times(*folded((1, ev.PlanMade("p1", plain)), (2, ev.StepStarted("p1", "a", 1)))) == ()


def test_the_median_of_earlier_legs_of_the_name_is_expected() -> None:
    past = {f"p{number}": (LegTime("build", 2, seconds, passed=True),) for number, seconds in
            enumerate((90.0, 30.0, 40.0), 1)}  # fmt: skip

    assert forecast({"build": 2, "cut-over": 1}, past) == (
        LegForecast("build", 40.0, ("p1", "p2", "p3")),
        LegForecast("cut-over", None),
    )


@pytest.mark.parametrize(
    "leg",
    [
        LegTime("build", 2, 30.0, passed=False),
        LegTime("build", 2, 30.0, passed=True, resumed=True),
        LegTime("build", 5, 30.0, passed=True),
        LegTime("build", 0, 30.0, passed=True),
        LegTime("expand", 2, 30.0, passed=True),
    ],
    ids=["failed", "resumed", "many more steps", "no step", "another leg"],
)
def test_nothing_is_expected_by_a_leg_that_tells_nothing_of_this_one(leg: LegTime) -> None:
    assert forecast({"build": 2}, {"p1": (leg,)}) == (LegForecast("build", None),)


def test_a_leg_without_steps_tells_of_one_without_steps() -> None:
    past = {"p1": (LegTime("check", 0, 12.0, passed=True),)}
    assert forecast({"check": 0}, past) == (LegForecast("check", 12.0, ("p1",)),)
