"""Who bootstraps OVN's clusters, and who joins them."""

import pytest
from stage_sample import blueprint, content, formed

from stages.design.manifest import Command
from stages.design.parts import Formation, Refused
from stages.roles.ovn.role import DEFAULTS, PROGRAM, form

STAGE = "whole-prod"
SHARED = blueprint(STAGE).planes[0]


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
    refounded = form(blueprint(STAGE), SHARED, looked("running", "running", "fresh", chosen="ovn-2"))
    assert isinstance(refounded, tuple)
    assert {(item.id, item.host, item.done) for item in refounded} == found[0]


def looked(*states: str, chosen: str) -> dict[str, dict[str, str]]:
    names = [f"ovn-{number}" for number in range(1, len(states) + 1)]
    return {
        name: {"ovn": state} | ({"chosen": "yes"} if name == chosen else {})
        for name, state in zip(names, states, strict=True)
    }


def test_the_copy_that_a_person_chose_becomes_a_cluster_and_the_others_lay_theirs_aside_first() -> None:
    formations = form(blueprint(STAGE), SHARED, looked("fresh", "running", "data", chosen="ovn-2"))
    assert isinstance(formations, tuple)
    members = [item for item in formations if item.kind == "cluster"]
    does = {
        item.host: [
            part.run[1] for part in item.commands if isinstance(part, Command) and part.run[0] == PROGRAM
        ]
        for item in members
    }
    assert list(does.items()) == [
        ("ovn-2", ["found", "bootstrap", "evict"]),
        ("ovn-3", ["discard", "join", "evict"]),
        ("ovn-1", ["join", "evict"]),
    ]
    assert [item.after for item in members] == [(), ("cluster/ovn-2",), ("cluster/ovn-2",)]


def test_after_a_look_a_lost_majority_is_for_a_person_to_decide() -> None:
    facts = {f"ovn-{number}": {"ovn": "fresh", "log": "nb term 3 log [2, 9]"} for number in (1, 2, 3)}
    assert isinstance(form(blueprint(STAGE), SHARED, facts), tuple)
    facts["ovn-2"]["ovn"] = "running"
    found = form(blueprint(STAGE), SHARED, facts)
    assert isinstance(found, Refused)
    assert found.next == f"promote bootstrap --stage {blueprint(STAGE).stage} --from HOST"
    facts["ovn-3"]["ovn"] = "data"
    assert isinstance(form(blueprint(STAGE), SHARED, facts), tuple), "a majority finds its leader"


@pytest.mark.parametrize(
    ("states", "told"),
    [(("member", "running", "data"), "have a leader already"), (("data", "fresh", "data"), "has no copy")],
)
def test_a_copy_is_not_chosen_where_there_is_a_leader_or_no_copy(states: tuple[str, ...], told: str) -> None:
    found = form(blueprint(STAGE), SHARED, looked(*states, chosen="ovn-2"))
    assert isinstance(found, Refused)
    assert told in found.what


def test_a_server_without_its_database_can_only_ask_to_be_let_in() -> None:
    for host in ("ovn-1", "ovn-2", "ovn-3"):
        assert "--db-nb-cluster-remote-addr=" in content(STAGE, host, DEFAULTS)
    assert "remote-addr" not in content("whole-dev", "ovn-1", DEFAULTS)
