"""Who bootstraps OVN's clusters, who joins them, and what a host makes when its database is missing."""

from typing import Any

import pytest
from stage_sample import blueprint, content

from stages.design.parts import Formation
from stages.roles.ovn.role import DEFAULTS, PROGRAM, form

STAGE = "whole-prod"


def formed(*states: str) -> tuple[Formation, ...]:
    facts = {f"ovn-{number}": {"ovn": state} for number, state in enumerate(states, 1) if state}
    return form(blueprint(STAGE), facts)


def verbs(formations: tuple[Formation, ...]) -> dict[str, str]:
    return {item.host: item.commands[0].name for item in formations if item.kind == "cluster"}


def waits(formations: tuple[Formation, ...]) -> dict[str, str]:
    return {item.host: item.commands[1].name for item in formations if item.kind == "cluster"}


@pytest.mark.parametrize(
    ("states", "bootstrapper"),
    [
        (("", "", ""), "ovn-1"),
        (("fresh", "fresh", "fresh"), "ovn-1"),
        (("fresh", "data", "fresh"), "ovn-2"),  # about to, when it was interrupted
    ],
)
def test_a_cluster_is_bootstrapped_on_one_member_and_the_others_join(
    states: tuple[str, ...], bootstrapper: str
) -> None:
    formations = formed(*states)
    assert [host for host, verb in verbs(formations).items() if verb == "bootstrap"] == [bootstrapper]
    assert formations[0].host == bootstrapper
    assert set(waits(formations).values()) == {"joined"}


@pytest.mark.parametrize(
    "states", [("fresh", "member", "member"), ("", "data", "data"), ("running", "data", "fresh")]
)
def test_where_several_have_data_nobody_bears_and_those_come_first(states: tuple[str, ...]) -> None:
    formations = formed(*states)
    assert set(verbs(formations).values()) == {"join"}
    assert [item.host for item in formations if item.kind == "cluster"][-1] in {
        f"ovn-{number}" for number, state in enumerate(states, 1) if state in {"", "fresh"}
    }


def test_of_members_that_have_data_none_waits_for_a_leader_that_needs_the_next_one() -> None:
    assert waits(formed("data", "data", "fresh")) == {
        "ovn-1": "settled",
        "ovn-2": "settled",
        "ovn-3": "joined",
    }


def test_ids_and_checks_are_the_same_whatever_the_facts() -> None:
    states = [("", "", ""), ("fresh", "member", "member"), ("data", "data", "fresh")]
    found = [{(item.id, item.host, item.done) for item in formed(*state)} for state in states]
    assert found[0] == found[1] == found[2]


def test_a_server_without_its_database_can_only_ask_to_be_let_in() -> None:
    for host in ("ovn-1", "ovn-2", "ovn-3"):
        assert "--db-nb-cluster-remote-addr=" in content(STAGE, host, DEFAULTS)
    assert "remote-addr" not in content("whole-dev", "ovn-1", DEFAULTS)


@pytest.fixture
def program() -> dict[str, Any]:
    """What the program on a host defines, without its being run."""
    found: dict[str, Any] = {"__name__": "program"}
    exec(compile(content(STAGE, "ovn-1", PROGRAM), PROGRAM, "exec", dont_inherit=True), found)  # noqa: S102 - our own text
    return found


@pytest.mark.parametrize(
    ("answers", "may_bootstrap", "does"),
    [
        (("open", "silent"), True, "join-cluster"),
        (("open", "closed"), False, "join-cluster"),
        (("closed", "closed"), True, "create-cluster"),
        (("closed", "closed"), False, "there is no cluster"),
        (("closed", "silent"), True, "can't be asked"),
    ],
)
def test_a_missing_database_is_made_new_only_where_all_peers_say_that_they_have_none(
    program: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    answers: tuple[str, ...],
    does: str,
    *,
    may_bootstrap: bool,
) -> None:
    heard, ran = dict(zip(program["PEERS"], answers, strict=True)), []
    monkeypatch.setitem(program, "knock", lambda peer, _port: heard[peer])
    monkeypatch.setitem(program, "must", lambda *argv: ran.append(" ".join(argv)))
    monkeypatch.setattr(program["os"], "rename", lambda *_: None)
    try:
        program["make"](program["DATABASES"][0], may_bootstrap)
    except SystemExit as ended:
        ran.append(str(ended.code))
    assert len(ran) == 1
    assert does in ran[0]


def test_an_earlier_self_has_this_address_and_is_not_this_server(
    program: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    northbound, *_ = program["DATABASES"]
    peer = northbound.at(program["PEERS"][0])
    text = f"Servers:\n    aaaa (aaaa at {northbound.here}) (self)\n    bbbb (bbbb at {peer}) next_index=3\n"
    monkeypatch.setattr(program["Database"], "control", lambda *_: text)
    assert northbound.earlier_selves() == []
    text += f"    cccc (cccc at {northbound.here})\n"
    assert northbound.earlier_selves() == ["cccc"]
