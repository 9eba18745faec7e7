"""`promote to`: a promotion in words, and what it asks before a protected stage."""

import pytest
from desk import Desk, green, held, refused, set_rules

from pipeline.core.actor import Actor
from pipeline.core.codec import decode, encode
from pipeline.core.line import line_of
from pipeline.core.site_events import LineSet
from pipeline.testing.deployer import GRAPH


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Somebody at a terminal, who says yes; the list holds what was asked."""
    asked: list[str] = []

    def answer(question: str, **_how: object) -> bool:
        asked.append(question)
        return True

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.confirm", answer)
    return asked


def at_prod(desk: Desk) -> None:
    """The first release is verified in dev and staging; prod is next, and protected."""
    desk(*green(desk))
    desk("--stage", "staging")


def outcomes(desk: Desk) -> list[tuple[str, str, str]]:
    rows = desk.document("history")["attempts"]
    return [(row["stage"], row["alias"], row["outcome"]) for row in rows]


def test_the_last_stage_of_a_new_line_is_protected_and_no_other() -> None:
    assert [stage.name for stage in line_of(GRAPH).stages if stage.protected] == ["prod"]


def test_a_line_from_before_protects_no_stage() -> None:
    written = encode(LineSet(line_of(GRAPH), Actor("somebody"), "r1"))
    for stage in written["line"]["stages"]:
        del stage["protected"]

    read = decode(written)
    assert isinstance(read, LineSet)
    assert not any(stage.protected for stage in read.line.stages)


def test_a_stage_that_is_not_protected_is_entered_unasked(desk: Desk, person: list[str]) -> None:
    green(desk)
    assert desk("to", "dev") == 0
    assert desk("to", "staging", "r1") == 0

    assert outcomes(desk) == [("dev", "r1", "verified"), ("staging", "r1", "verified")]
    assert person == []


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (("to", "prod"), "promote to prod --yes"),
        (("to", "prod", "r1"), "promote to prod r1 --yes"),
        (("to", "prod", "--site", "/srv/other"), "promote to prod --yes --site /srv/other"),
    ],
)
def test_where_nobody_can_be_asked_a_protected_stage_is_refused_with_the_command_to_type(
    desk: Desk, words: tuple[str, ...], command: str
) -> None:
    at_prod(desk)

    assert desk(*words) == 2
    assert desk.err.splitlines()[-1] == f"next: {command}"
    assert desk.document(*words)["error"]["why"] == "nobody can be asked with -o json"
    assert "prod" not in desk.bench.world.stages
    assert desk(*command.split()[1:]) == 0
    assert outcomes(desk)[-1] == ("prod", "r1", "verified")


def test_a_ci_server_is_never_asked(desk: Desk) -> None:
    at_prod(desk)

    assert desk("--stage", "prod") == 0


def test_a_person_is_shown_release_difference_and_plan_and_gets_what_was_shown(
    desk: Desk, person: list[str]
) -> None:
    at_prod(desk)
    desk("--stage", "prod")
    desk.bench.commit("second", a="2")
    desk("--stage", "dev")
    desk("--stage", "staging")

    assert desk("to", "prod") == 0

    assert person == ["promote r2 to prod?"]
    shown = desk.err.splitlines()
    assert shown[0].startswith("r2 (")
    assert shown[0].endswith("into prod: the release verified in staging")
    assert shown[1].startswith("r1 (")
    assert shown[2] == "what differs: 1 commit, 1 config key, 1 package; promote diff r1 r2"
    assert "a     becomes 2" in shown
    assert "1 step; then gates smoke" in shown
    assert outcomes(desk)[-1] == ("prod", "r2", "verified")


@pytest.mark.usefixtures("person")
def test_a_no_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    at_prod(desk)
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)

    assert desk("to", "prod") == 2
    assert "not confirmed; nothing was changed" in desk.err
    assert outcomes(desk)[-1][0] == "staging"


def test_what_may_not_enter_is_refused_before_anybody_is_asked(desk: Desk, person: list[str]) -> None:
    at_prod(desk)
    desk.bench.commit("second", a="2")
    desk("--stage", "dev")

    assert desk("to", "prod", "r2") == 9
    assert "r2 is not verified in staging" in desk.err
    held(desk)
    assert desk("to", "prod", "r1") == 6
    assert person == []


def test_a_plan_that_refuses_is_no_question(desk: Desk, person: list[str]) -> None:
    desk(*green(desk))
    set_rules(desk, "dev", protected=True)
    refused(desk)

    assert desk("to", "dev") == 9
    assert "the schema cannot go back" in desk.err
    assert person == []


@pytest.mark.usefixtures("person")
def test_another_release_than_the_one_that_was_shown_is_not_promoted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk(*green(desk))
    set_rules(desk, "dev", protected=True)
    desk.bench.commit("second", a="2")

    def answer_late(*_: object, **__: object) -> bool:
        desk.bench.commit("third", a="3")
        return True

    monkeypatch.setattr("click.confirm", answer_late)
    assert desk("to", "dev") == 9
    assert "the checkout changed while you were asked" in desk.err
    assert desk.bench.world.stages["dev"] == {"a": "1"}

    monkeypatch.setattr("click.confirm", lambda *_, **__: True)
    assert desk("to", "dev") == 0
    assert desk.bench.world.stages["dev"] == {"a": "3"}


def test_pinning_names_the_release_once_and_deploys_nothing(desk: Desk) -> None:
    green(desk)
    for new in (True, False):
        found = desk.document("pin")
        assert (found["alias"], found["new"]) == ("r1", new)
    assert desk("pin") == 0
    assert desk.out == "r1\n"
    desk.bench.commit("second", a="2")
    assert desk("pin") == 0
    assert desk.out == "r2\n"

    assert desk.bench.world.stages == {}
    assert desk("to", "dev", "r1") == 0
    assert desk.bench.world.stages["dev"] == {"a": "1"}
