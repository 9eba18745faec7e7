"""What is to be done some time after a promotion: shown, waited for, and no longer shown when it is done."""

from dataclasses import replace

import pytest
from desk import Desk
from retire_ways import WEEK, in_a_week, with_old

from pipeline.core.follow_ups import Pending
from pipeline.core.kinds import Outcome

DAY = 86400
JOB = ("retire", "--stage", "dev", "--yes", "--if-due")


@pytest.fixture
def upgraded(desk: Desk) -> Desk:
    """A release is verified, with something beside it to be retired in a week."""
    assert desk(*in_a_week(desk)) == 0
    return with_old(desk)


def pending(desk: Desk) -> Pending | None:
    return desk.bench.shop().history().stage("dev").follow_up


def test_it_is_due_so_long_after_the_attempt_has_ended(upgraded: Desk) -> None:
    (first,) = upgraded.bench.shop().history().attempts.values()
    assert first.ended_at is not None
    assert pending(upgraded) == Pending("retire", "p1", first.ended_at, first.ended_at + WEEK.after_s)


def test_status_says_from_when_on_and_then_since_when(upgraded: Desk) -> None:
    upgraded("status")
    assert "dev: promote retire --stage dev is due on 1970-01-19" in upgraded.out
    assert "(after p1)" in upgraded.out
    upgraded.bench.clock.time += 7 * DAY
    upgraded("status")
    assert "dev: promote retire --stage dev is due since 1970-01-19" in upgraded.out


def test_a_job_does_it_when_it_is_due_and_not_before(upgraded: Desk) -> None:
    assert upgraded(*JOB) == 0
    assert upgraded.out.startswith("dev: promote retire --stage dev is due on 1970-01-19")
    upgraded.bench.clock.time += 7 * DAY
    assert upgraded(*JOB) == 0
    assert [one.outcome for one in upgraded.bench.shop().history().attempts.values()][1:] == [Outcome.RETIRED]
    assert upgraded(*JOB) == 0
    assert upgraded.out == "dev: nothing is to be retired\n"
    upgraded("status")
    assert "is due" not in upgraded.out


def test_where_nothing_stands_a_job_is_told_so(desk: Desk) -> None:
    assert desk(*JOB) == 9
    assert "nothing stands in dev" in desk.err


def test_without_the_option_a_person_need_not_wait(upgraded: Desk) -> None:
    assert upgraded("retire", "--stage", "dev", "--yes") == 0
    assert pending(upgraded) is None


def test_it_is_done_when_every_step_is_whatever_the_gate_says_then(upgraded: Desk) -> None:
    upgraded.bench.world.errors["step gone/old-2"] = OSError("no space left")
    upgraded("retire", "--stage", "dev", "--yes")
    assert pending(upgraded) is not None, "a half is not all"
    upgraded.bench.answers["smoke in dev"] = "failed"
    assert upgraded("retire", "--stage", "dev", "--yes") == 3
    assert pending(upgraded) is None


def test_a_promotion_that_says_nothing_of_it_leaves_it_and_one_that_does_begins_it_again(
    upgraded: Desk,
) -> None:
    before = pending(upgraded)
    upgraded.bench.clock.time += DAY
    upgraded.bench.commit("second", a="2")
    upgraded("--stage", "dev")
    assert pending(upgraded) == before
    third = upgraded.bench.commit("third", a="3")
    recipes = upgraded.bench.world.recipes
    recipes[third] = replace(recipes[third], follow_up=WEEK)
    upgraded("--stage", "dev")
    again = pending(upgraded)
    assert (again and again.attempt) == "p3"


def test_one_that_does_not_begin_it_anew_begins_it_only_where_none_is_pending(upgraded: Desk) -> None:
    before, recipes = pending(upgraded), upgraded.bench.world.recipes
    upgraded.bench.clock.time += DAY
    second = upgraded.bench.commit("second", a="2")
    found = replace(WEEK, restarts=False)
    recipes[second] = replace(recipes[second], follow_up=found, retires=("old-1", "old-2"))
    assert upgraded("--stage", "dev") == 0
    assert pending(upgraded) == before
    assert upgraded("retire", "--stage", "dev", "--yes") == 0
    assert pending(upgraded) is None
    third = upgraded.bench.commit("third", a="3")
    recipes[third] = replace(recipes[third], follow_up=found)
    assert upgraded("--stage", "dev") == 0
    again = pending(upgraded)
    assert (again and again.attempt) == "p4"


def test_after_one_that_failed_halfway_its_time_begins_with_the_next_that_is_well(upgraded: Desk) -> None:
    """What was pending may be about the other of two control planes."""
    recipes = upgraded.bench.world.recipes
    upgraded.bench.clock.time += 8 * DAY
    second = upgraded.bench.commit("second", a="2")
    recipes[second] = replace(recipes[second], follow_up=WEEK)
    upgraded.bench.answers[f"smoke of {second}"] = "failed"
    assert upgraded("--stage", "dev", "--keep") == 3
    assert pending(upgraded) is None
    upgraded.bench.answers.clear()
    recipes[second] = replace(recipes[second], follow_up=replace(WEEK, restarts=False))
    upgraded.bench.world.stages["dev"]["a"] = "1"
    assert upgraded("--stage", "dev") == 0
    told = pending(upgraded)
    assert told is not None
    assert told.due - upgraded.bench.clock.now() > 6 * DAY


def test_a_rollback_begins_it_again_if_it_says_so_and_a_failed_promotion_does_not(upgraded: Desk) -> None:
    second = upgraded.bench.commit("second", a="2")
    recipes = upgraded.bench.world.recipes
    recipes[second] = replace(recipes[second], follow_up=replace(WEEK, after_s=1))
    upgraded.bench.answers[f"smoke of {second}"] = "failed"
    assert upgraded("--stage", "dev") == 3
    told = pending(upgraded)
    assert told is not None
    assert (told.attempt, told.due - told.since) == ("p3", WEEK.after_s)


def test_a_stage_that_is_made_anew_has_nothing_to_follow(upgraded: Desk) -> None:
    upgraded.bench.world.stages.pop("dev")
    second = upgraded.bench.commit("second", a="2")
    assert upgraded("--stage", "dev") == 0
    assert upgraded.bench.shop().history().stage("dev").standing == second
    assert pending(upgraded) is None
