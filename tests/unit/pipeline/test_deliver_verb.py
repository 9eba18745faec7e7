"""`promote deliver`, what `promote status` says of it, and that no exit code depends on the forge."""

import re

import pytest
from desk import Desk, green, judged, refused, step_fails

from pipeline.core import events as ev
from pipeline.core.messages import Deployment, Note
from pipeline.testing import FakeForge


@pytest.fixture
def forge(desk: Desk) -> FakeForge:
    desk.bench.forge = FakeForge()
    return desk.bench.forge


def result(out: str) -> list[list[str]]:
    """What a run printed, without the head, and without how long it took: pauses move the clock."""
    words = (line.split() for line in out.splitlines()[:-1])
    return [[word for word in line if not re.fullmatch(r"[0-9.m]+s", word)] for line in words]


def waiting(desk: Desk) -> list[str]:
    found = desk.document("status")["outbox"]["waiting"]
    return [f"{one['what']} of {one['attempt']}" for one in found]


def test_a_promotion_tells_by_itself(desk: Desk, forge: FakeForge) -> None:
    assert desk(*green(desk)) == 0
    assert {type(message) for message in forge.there.values()} > {Note, Deployment}
    assert waiting(desk) == []
    assert desk("status") == 0
    assert "not told yet" not in desk.out


@pytest.mark.parametrize("way", [green, judged("failed"), step_fails, refused])
def test_a_forge_that_is_down_changes_no_exit_code_and_no_result(desk: Desk, way: object) -> None:
    told = Desk(desk._capsys)  # noqa: SLF001 - a second desk beside the fixture's
    told.bench.forge = FakeForge(down=True)

    codes = [one(*way(one)) for one in (desk, told)]

    assert codes[0] == codes[1]
    assert result(desk.out) == result(told.out)
    assert "GitLab did not answer" in told.bench.quiet.messages[-1]


def test_status_says_what_waits_and_how_to_tell_it(desk: Desk, forge: FakeForge) -> None:
    forge.down = True
    desk(*green(desk))

    assert waiting(desk) == ["status of p1", "deployment of p1", "note of p1"]
    desk("status")
    line = "not told yet to group/project at https://gitlab.example: 3 messages since p1; promote deliver"
    assert line in desk.out.splitlines()


def test_deliver_tells_what_waits_and_says_so(desk: Desk, forge: FakeForge) -> None:
    forge.down = True
    desk(*green(desk))
    assert desk("deliver", "--for", "1s") == 75
    assert "GitLab did not answer why: it is down" in desk.err
    assert "still waiting: 3 messages" in desk.err

    forge.down = False
    assert desk("deliver") == 0
    assert desk.out.splitlines()[0] == "told: 3 messages"
    assert "deployment" in desk.out
    assert waiting(desk) == []
    assert desk("deliver") == 0
    assert desk.out == "told: 0 messages\n"


def test_what_is_refused_keeps_waiting_until_it_is_dropped(desk: Desk, forge: FakeForge) -> None:
    forge.refused = (Note,)
    assert desk(*green(desk)) == 0
    assert desk("deliver") == 75
    assert "GitLab refuses why: 403" in desk.err
    assert waiting(desk) == ["note of p1"]

    assert desk("deliver", "--drop") == 0
    assert desk.out.splitlines()[1] == "dropped: 1 message"
    assert waiting(desk) == []
    assert isinstance(desk.bench.store.records[-2].event, ev.OutboxOpened)  # then the lease is returned


def test_where_nobody_is_told_yet_there_is_nothing_to_drop(desk: Desk, forge: FakeForge) -> None:
    assert desk("deliver", "--drop") == 0
    assert desk("deliver") == 0
    assert desk.bench.store.rows == []
    assert forge.there == {}


def test_a_process_that_knows_nobody_to_tell_is_told_what_is_missing(desk: Desk) -> None:
    assert desk("deliver") == 2
    assert "STAGEGATE_GITLAB_TOKEN" in desk.err
    assert "next: docs/gitlab.md" in desk.err


def test_a_question_tells_nobody(desk: Desk, forge: FakeForge) -> None:
    forge.down = True
    desk(*green(desk))
    forge.down = False
    for argv in (("status",), ("plan", "--stage", "staging"), ("history",), ("check",)):
        desk(*argv)
    assert forge.there == {}
