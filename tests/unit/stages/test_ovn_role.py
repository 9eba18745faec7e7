"""Who bootstraps OVN's clusters, who joins them, and what a host makes when its database is missing."""

from typing import Any

import pytest
from stage_sample import content, formed

from stages.design.parts import Formation
from stages.roles.ovn.role import DEFAULTS, PROGRAM

STAGE = "whole-prod"


def ovn(*states: str) -> tuple[Formation, ...]:
    facts = {f"ovn-{number}": {"ovn": state} for number, state in enumerate(states, 1) if state}
    return formed(STAGE, "ovn", facts)


def commands(*states: str) -> dict[str, tuple[str, str]]:
    """By host, in the order of joining: what it does, and what is waited for."""
    clusters = (item for item in ovn(*states) if item.kind == "cluster")
    return {item.host: (item.commands[0].name, item.commands[1].name) for item in clusters}


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
    first, *others = commands(*states).items()
    assert first == (bootstrapper, ("bootstrap", "joined"))
    assert [does for _, does in others] == [("join", "joined")] * 2


@pytest.mark.parametrize(
    ("states", "last"),
    [
        (("fresh", "member", "member"), "ovn-1"),
        (("", "data", "data"), "ovn-1"),
        (("running", "data", "fresh"), "ovn-3"),
        (("data", "data", "fresh"), "ovn-3"),
    ],
)
def test_where_several_have_data_none_bootstraps_and_they_come_first(
    states: tuple[str, ...], last: str
) -> None:
    *holders, (host, does) = commands(*states).items()
    # None of them waits for a leader, which may need the next one.
    assert [does for _, does in holders] == [("join", "settled")] * 2
    assert (host, does) == (last, ("join", "joined"))


def test_ids_and_checks_are_the_same_whatever_the_facts() -> None:
    states = [("", "", ""), ("fresh", "member", "member"), ("data", "data", "fresh")]
    found = [{(item.id, item.host, item.done) for item in ovn(*state)} for state in states]
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
