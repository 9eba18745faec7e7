"""In a freeze no promotion enters: calendars, time zones, and the moment before the first step."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from desk import Desk, assert_the_file_is_the_line, green, set_rules

from pipeline.core.freeze import Freeze
from pipeline.core.kinds import NoPlan, Outcome

WEEKENDS = Freeze("weekend", "2026-01-02T18:00", 62 * 3600, "Europe/Berlin", "FREQ=WEEKLY;BYDAY=FR")


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("freeze", "moment", "until"),
    [
        (WEEKENDS, "2026-11-27T17:59:59+01:00", None),
        (WEEKENDS, "2026-11-27T18:00+01:00", "2026-11-30T08:00+01:00"),
        (WEEKENDS, "2026-11-30T07:59:59+01:00", "2026-11-30T08:00+01:00"),
        (WEEKENDS, "2026-11-30T08:00+01:00", None),
        (WEEKENDS, "2026-07-03T16:00+00:00", "2026-07-06T06:00+00:00"),
        (WEEKENDS, "2025-11-28T20:00+01:00", None),
        (replace(WEEKENDS, lasts_s=3600), "2026-03-27T18:30+01:00", "2026-03-27T19:00+01:00"),
        (WEEKENDS, "2026-03-27T18:00+01:00", "2026-03-30T09:00+02:00"),
        (Freeze("once", "2026-12-24T00:00", 86400), "2026-12-24T12:00+00:00", "2026-12-25T00:00+00:00"),
        (Freeze("once", "2026-12-24T00:00", 86400), "2026-12-26T12:00+00:00", None),
    ],
    ids=[
        "before", "begins", "almost over", "over", "summer time", "before the first", "one hour",
        "the clocks change meanwhile", "once", "once, and over",
    ],
)  # fmt: skip
def test_a_freeze_applies_from_its_local_time_for_as_long_as_it_lasts(
    freeze: Freeze, moment: str, until: str | None
) -> None:
    assert freeze.problems() == ()
    assert freeze.until(at(moment)) == (at(until) if until else None)


@pytest.mark.parametrize(
    ("freeze", "why"),
    [
        (replace(WEEKENDS, zone="Europe/Atlantis"), "there is no time zone 'Europe/Atlantis'"),
        (replace(WEEKENDS, begins="friday"), "its calendar cannot be read"),
        (replace(WEEKENDS, begins="2026-01-02T18:00+01:00"), "has a time zone of its own"),
        (replace(WEEKENDS, rule="FREQ=WEEKLY;BYDAY=XX"), "its calendar cannot be read"),
        (replace(WEEKENDS, rule="FREQ=SECONDLY"), "daily, weekly, monthly or yearly"),
        (replace(WEEKENDS, lasts_s=0), "it must last for some time"),
    ],
)
def test_a_freeze_that_no_calendar_has_says_why(freeze: Freeze, why: str) -> None:
    assert why in " ".join(freeze.problems())


def test_a_promotion_waits_for_the_end_of_the_last_freeze_that_applies(desk: Desk) -> None:
    argv = green(desk)
    desk(*argv)
    desk.bench.clock.time = at("2026-11-28T08:00+01:00")
    set_rules(desk, "dev", freezes=(WEEKENDS, Freeze("fair", "2026-11-28T00:00", 5 * 86400)))

    found = desk.document(*argv)
    assert desk.code == 4
    assert found["error"]["until"] == "2026-12-03T00:00:00Z"
    assert "stage dev is frozen: weekend; stage dev is frozen: fair" in desk.err
    assert desk("plan", *argv) == 4
    assert desk("rollback", "--stage", "dev") == 9
    assert "there is no release to roll dev back to" in desk.err, "and not: it is frozen"

    desk.bench.clock.time = at("2026-12-03T00:00+00:00")
    assert desk(*argv) == 0


def test_a_freeze_that_begins_while_the_plan_is_made_stops_it_before_the_first_step(desk: Desk) -> None:
    argv = green(desk)
    desk(*argv)
    desk.bench.commit("second", a="2")
    desk.bench.clock.time = at("2026-11-27T17:59:59+01:00")
    set_rules(desk, "dev", freezes=(WEEKENDS,))
    desk.bench.world.broken.add("transient plan")  # so that it is made after a pause

    assert desk(*argv) == 4, "as if it had begun before"
    assert "dev is frozen by now (weekend, until 2026-11-30T07:00:00Z)" in desk.err
    assert desk.err.splitlines()[-1] == "next: promote why --stage dev"
    assert desk.bench.world.stages["dev"] == {"a": "1"}
    attempt = desk.bench.shop().history().attempts["p2"]
    assert (attempt.outcome, attempt.no_plan) == (Outcome.REFUSED, NoPlan.DEFERRED)

    desk.bench.clock.time = at("2026-11-30T08:00:00+01:00")
    assert desk(*argv) == 0


def test_the_result_of_a_promotion_that_a_freeze_stopped_says_not_yet(desk: Desk) -> None:
    desk(*green(desk))
    desk.bench.commit("second", a="2")
    desk.bench.clock.time = at("2026-11-27T17:59:59+01:00")
    set_rules(desk, "dev", freezes=(WEEKENDS,))
    desk.bench.world.broken.add("transient plan")

    found = desk.document("--stage", "dev")

    assert (desk.code, found["exit_code"], found["outcome"]) == (4, 4, "refused")
    assert found["meaning"] == "not yet: it says from when on, or what comes first"
    assert "until 2026-11-30T07:00:00Z" in found["attempts"][0]["plan_trouble"]["why"]


def test_a_freeze_that_cannot_be_read_lets_nothing_in(desk: Desk) -> None:
    argv = green(desk)
    desk(*argv)
    set_rules(desk, "dev", freezes=(replace(WEEKENDS, zone="Europe/Atlantis"),))

    assert desk(*argv) == 9
    assert "freeze 'weekend' of stage dev: there is no time zone 'Europe/Atlantis'" in desk.err


def test_freezes_stand_in_the_file_of_the_line(desk: Desk, tmp_path: Path) -> None:
    desk(*green(desk))
    set_rules(desk, "dev", freezes=(WEEKENDS, Freeze("once", "2026-12-24T00:00", 86400)))
    line = desk.bench.shop().history().line
    assert_the_file_is_the_line(desk, tmp_path / "line.yaml")
    assert desk.bench.shop().history().line == line

    assert desk("line", "set", "--from", "r1") == 0
    assert desk.out == "no change\n", "no config describes freezes, so they stay"
