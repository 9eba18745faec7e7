"""Freeze periods of a forge keep promotions out where the line takes them, whatever becomes of the forge."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from desk import Desk, assert_the_file_is_the_line, set_rules

from pipeline.core.actor import Actor
from pipeline.core.codec import decode, encode
from pipeline.core.errors import ForgeRefused, ForgeUnreachable
from pipeline.core.events import FreezePeriodsRead, LineSet
from pipeline.core.forge_rule import DeploymentOwner, ForgeRule, Silence
from pipeline.core.freeze import Freeze
from pipeline.core.freeze_period import FreezePeriod
from pipeline.core.kinds import NoPlan, Outcome
from pipeline.core.line import Line, LineGate, LineStage
from pipeline.testing import FakeForge

WEEKENDS = FreezePeriod("0 18 * * 5", "0 8 * * 1", "Europe/Berlin")
TAKEN, STRICT = ForgeRule(freezes=True), ForgeRule(freezes=True, silence=Silence.WAIT)
DOWN = ForgeUnreachable("GitLab did not answer", why="it is down", next="promote deliver")
REFUSED = ForgeRefused("GitLab refuses", why="403: 403 Forbidden", next="promote deliver")
BUSY = ForgeUnreachable("GitLab did not answer", why="it answered 429", retry_after_s=7.0, next="wait")


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.fixture
def forge(standing: Desk) -> FakeForge:
    """The forge of a desk where a second release may enter dev, on a Saturday."""
    standing.bench.forge = found = FakeForge()
    standing.bench.commit("second", a="2")
    standing.bench.clock.time = at("2026-11-28T08:00+01:00")
    return found


@pytest.mark.parametrize(
    ("period", "moment", "until"),
    [
        (WEEKENDS, "2026-11-27T17:59:59+01:00", None),
        (WEEKENDS, "2026-11-27T18:00+01:00", "2026-11-30T08:00+01:00"),
        (WEEKENDS, "2026-11-30T07:59:59+01:00", "2026-11-30T08:00+01:00"),
        (WEEKENDS, "2026-11-30T08:00+01:00", None),
        (WEEKENDS, "2026-07-03T16:00+00:00", "2026-07-06T06:00+00:00"),
        (WEEKENDS, "2026-03-28T12:00+01:00", "2026-03-30T08:00+02:00"),
        (FreezePeriod("0 0 24 12 *", "0 0 2 1 *", "UTC"), "2026-12-31T12:00Z", "2027-01-02T00:00Z"),
        (FreezePeriod("0 0 24 12 *", "0 0 2 1 *", "UTC"), "2026-11-28T12:00Z", None),
        (FreezePeriod("0 0 * * *", "0 0 * * *", "UTC"), "2026-11-28T12:00Z", None),
        (FreezePeriod("0 0 31 2 *", "0 8 * * *", "UTC"), "2026-11-28T12:00Z", None),
    ],
    ids=[
        "before", "begins", "almost over", "over", "summer time", "the clocks change meanwhile",
        "over the year's end", "long over", "ends as it begins", "never begins",
    ],
)  # fmt: skip
def test_a_period_applies_from_its_begin_to_its_end(
    period: FreezePeriod, moment: str, until: str | None
) -> None:
    assert period.problems() == ()
    assert period.until(at(moment)) == (at(until) if until else None)


def test_a_freeze_period_of_the_forge_keeps_a_promotion_out_until_it_ends(
    desk: Desk, forge: FakeForge
) -> None:
    forge.calendar = (WEEKENDS,)
    assert desk("--stage", "dev") == 0, "a line that takes nothing from the forge does not ask it"

    desk.bench.commit("third", a="3")
    set_rules(desk, "dev", forge=TAKEN, freezes=(Freeze("fair", "2026-11-28T00:00", 86400),))
    found = desk.document("--stage", "dev")
    assert (desk.code, found["error"]["until"]) == (4, "2026-11-30T07:00:00Z")
    assert "stage dev is frozen: fair; stage dev is frozen: freeze period '0 18 * * 5'" in desk.err
    assert desk.bench.world.stages["dev"] == {"a": "2"}

    desk("status")
    assert "of the forge, until 2026-11-30T07:00:00Z" in desk.out
    desk("why", "--stage", "dev", "--release", "r3")
    assert "of the forge" in desk.out

    desk.bench.clock.time = at("2026-11-30T08:00+01:00")
    assert desk("--stage", "dev") == 0


def test_a_freeze_that_was_deleted_on_the_forge_keeps_nobody_out(desk: Desk, forge: FakeForge) -> None:
    set_rules(desk, "dev", forge=STRICT)
    forge.calendar = (WEEKENDS,)
    assert desk("--stage", "dev") == 4
    forge.calendar = ()
    assert desk("--stage", "dev") == 0


@pytest.mark.parametrize("problem", [DOWN, REFUSED])
def test_a_forge_that_never_said_its_freezes_keeps_nobody_out(
    desk: Desk, forge: FakeForge, problem: Exception
) -> None:
    set_rules(desk, "dev", forge=TAKEN)
    forge.unread = [problem] * 9
    assert desk("--stage", "dev") == 0
    assert "freezes of the forge could not be read, none is known: GitLab" in " ".join(
        desk.bench.quiet.messages
    )


@pytest.mark.parametrize("problem", [DOWN, REFUSED])
def test_what_the_forge_said_last_counts_while_it_says_nothing(
    desk: Desk, forge: FakeForge, problem: Exception
) -> None:
    set_rules(desk, "dev", forge=TAKEN)
    forge.calendar = (WEEKENDS,)
    assert desk("--stage", "dev") == 4
    forge.unread = [problem] * 9
    assert desk("--stage", "dev") == 4, "it ends as if the forge had answered"
    assert "those of 2026-11-28T07:00:00Z are known" in " ".join(desk.bench.quiet.messages)


@pytest.mark.parametrize("problem", [DOWN, REFUSED])
def test_a_line_may_ask_for_an_answer(desk: Desk, forge: FakeForge, problem: Exception) -> None:
    set_rules(desk, "dev", forge=STRICT)
    forge.unread = [problem] * 9
    found = desk.document("--stage", "dev")
    assert (desk.code, found["error"]["until"][:16]) == (4, "2026-11-28T07:05")
    assert "it is not known whether the forge freezes stage dev: GitLab" in desk.err
    desk("why", "--stage", "dev")
    assert "not known whether the forge freezes stage dev" in desk.out

    forge.unread = []
    assert desk("--stage", "dev") == 0


@pytest.mark.usefixtures("forge")
def test_a_process_without_a_token_knows_no_freezes(desk: Desk) -> None:
    set_rules(desk, "dev", forge=STRICT)
    desk.bench.forge = None
    assert desk("--stage", "dev") == 4
    assert "STAGEGATE_GITLAB_TOKEN" in desk.err


def test_a_failure_that_passes_is_counted_and_its_pause_kept(desk: Desk, forge: FakeForge) -> None:
    set_rules(desk, "dev", forge=STRICT)
    forge.unread = [DOWN, BUSY]
    before = desk.bench.clock.time
    assert desk("--stage", "dev") == 0
    (read,) = [one.event for one in desk.bench.store.records if isinstance(one.event, FreezePeriodsRead)]
    assert [str(retry) for retry in read.retries] == [
        "the forge, reading its freeze periods, try 1: it is down",
        "the forge, reading its freeze periods, try 2: it answered 429",
    ]
    assert desk.bench.clock.time >= before + 8.0


def test_a_forge_that_asks_for_an_hour_is_not_waited_for(desk: Desk, forge: FakeForge) -> None:
    set_rules(desk, "dev", forge=TAKEN)
    forge.unread = [ForgeUnreachable("GitLab did not answer", why="429", retry_after_s=3600.0, next="wait")]
    before = desk.bench.clock.time
    assert desk("--stage", "dev") == 0
    assert desk.bench.clock.time < before + 60.0


def test_a_period_that_cannot_be_read_lets_nothing_in(desk: Desk, forge: FakeForge) -> None:
    set_rules(desk, "dev", forge=TAKEN)
    forge.calendar = (FreezePeriod("0 0 L * *", "0 8 * * 1", "Atlantis"),)
    assert desk("--stage", "dev") == 9
    assert "there is no time zone 'Atlantis'" in desk.err
    assert "the day of the month can't be 'L'" in desk.err


def test_a_period_that_never_ends_is_told_and_not_forgotten(desk: Desk, forge: FakeForge) -> None:
    set_rules(desk, "dev", forge=TAKEN)
    forge.calendar = (FreezePeriod("0 0 * * *", "0 0 31 2 *", "UTC"),)
    assert desk("--stage", "dev") == 9
    assert "it never ends: '0 0 31 2 *' names no moment" in desk.err


def test_a_period_that_begins_while_the_plan_is_made_stops_it_before_the_first_step(
    desk: Desk, forge: FakeForge
) -> None:
    set_rules(desk, "dev", forge=TAKEN)
    forge.calendar = (WEEKENDS,)
    desk.bench.clock.time = at("2026-11-27T17:59:59+01:00")
    desk.bench.world.broken.add("transient plan")
    assert desk("--stage", "dev") == 4
    attempt = desk.bench.shop().history().attempts["p2"]
    assert (attempt.outcome, attempt.no_plan) == (Outcome.REFUSED, NoPlan.DEFERRED)


def test_a_rollback_is_never_frozen(desk: Desk, forge: FakeForge) -> None:
    assert desk("--stage", "dev") == 0
    set_rules(desk, "dev", forge=STRICT)
    forge.calendar = (WEEKENDS,)
    assert desk("--stage", "dev", "--release", "r1") == 4
    assert desk("rollback", "--stage", "dev") == 0


def test_what_a_stage_takes_from_gitlab_stands_in_the_file_of_the_line(
    standing: Desk, tmp_path: Path
) -> None:
    desk = standing
    rule = ForgeRule(freezes=True, silence=Silence.WAIT, approvals=True, deployments=DeploymentOwner.API)
    set_rules(desk, "dev", forge=rule)
    line = desk.bench.shop().history().line
    assert_the_file_is_the_line(desk, tmp_path / "line.yaml")
    assert desk.bench.shop().history().line == line
    assert desk("line", "set", "--from", "r1") == 0
    assert desk.out == "no change\n", "no config describes it, so it stays"


def test_a_line_that_takes_freezes_of_a_forge_is_refused_by_engines_that_would_ignore_them() -> None:
    taken, plain = (
        Line((LineStage("dev", (), (LineGate("smoke"),), forge=rule),)) for rule in (TAKEN, ForgeRule())
    )
    written = json.loads(json.dumps(encode(LineSet(taken, Actor("who"), "r1"))))
    assert decode(written) == LineSet(taken, Actor("who"), "r1")
    assert written["schema"] == 8
    assert encode(LineSet(plain, Actor("who"), "r1"))["schema"] == 4, "they read it as before"
