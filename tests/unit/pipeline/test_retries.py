"""A transient failure is tried again after a pause, twice at most; each retry is kept with its reason."""

from dataclasses import replace

import pytest

from pipeline.core import events as ev
from pipeline.core.actions import MakePlan, next_actions
from pipeline.core.advancing import advance
from pipeline.core.attempt import Attempt, begin
from pipeline.core.errors import IllegalTransition
from pipeline.core.history import History
from pipeline.core.kinds import Kind, NoPlan
from pipeline.core.plan import Plan, Step, Trouble
from pipeline.core.retries import Retry, left_s
from pipeline.core.transitions import Phase
from pipeline.testing import make_pin

STARTED = ev.AttemptStarted("p1", "p1", Kind.PROMOTE, "dev", make_pin("one").id, ("smoke",), 1)
PLAN = Plan((Step("a", "host", None, "a"), Step("b", "host", None, "b", ("a",))))


def fresh() -> Attempt:
    return begin(STARTED, 0.0, {})


def test_a_transient_failure_is_retried_twice_after_a_growing_pause_and_each_retry_has_its_reason() -> None:
    trouble = Trouble("it can't be reached", why="no\nanswer")
    state = advance(fresh(), ev.PlanMade("p1", PLAN), 0.0)
    for tries, at, pause_s in ((1, 100.0, 1.0), (2, 200.0, 4.0), (3, 300.0, None)):
        assert state.phase is Phase.PERFORMING
        state = advance(state, ev.StepStarted("p1", "a", tries), at)
        state = advance(state, ev.StepFailed("p1", "a", trouble, transient=True), at)
        if pause_s is not None:
            (action, *_) = [found for found in next_actions(History(), state) if found.step.id == "a"]
            assert action.not_before == at + pause_s
    assert state.phase is Phase.FAILING
    assert state.retries == (
        Retry("a", 1, "it can't be reached (no answer)"),
        Retry("a", 2, "it can't be reached (no answer)"),
    )


def test_a_plan_is_tried_again_as_a_step_is_and_as_often() -> None:
    again = ev.PlanFailed("p1", Trouble("x"), NoPlan.TRANSIENT, again=True)
    state = advance(advance(fresh(), again, 0.0), again, 10.0)
    assert (state.phase, next_actions(History(), state)) == (Phase.PLANNING, (MakePlan(14.0),))
    with pytest.raises(IllegalTransition):
        advance(state, again, 20.0)
    assert advance(state, replace(again, again=False), 20.0).phase is Phase.CLOSING


def test_only_what_is_transient_is_tried_again() -> None:
    with pytest.raises(IllegalTransition):
        advance(fresh(), ev.PlanFailed("p1", Trouble("x"), NoPlan.BROKEN, again=True), 0.0)


def test_what_a_release_tried_again_by_itself_counts_as_well() -> None:
    observed = Retry("observe database-1", 1, "no answer")
    state = advance(fresh(), ev.PlanMade("p1", replace(PLAN, retries=(observed,))), 0.0)
    state = advance(state, ev.StepStarted("p1", "a", 1), 0.0)
    taken = Retry("create database-1", 1, "its name was taken")
    failed = ev.StepFailed("p1", "a", Trouble("no answer"), transient=True, retries=(taken,))
    state = advance(advance(state, failed, 0.0), ev.StepStarted("p1", "a", 2), 10.0)
    again = Retry("a", 1, "no answer")
    assert state.retries == (observed, taken, again)
    state = advance(state, ev.StepSucceeded("p1", "a", retries=(taken,)), 20.0)
    assert state.retries == (observed, taken, again, taken)


def test_a_clock_that_was_set_back_makes_nobody_wait_long() -> None:
    assert left_s(not_before=1000.0, now=998.0) == 2.0
    assert left_s(not_before=1000.0, now=1000.0) == 0.0
    assert left_s(not_before=100_000.0, now=1000.0) == 0.0
