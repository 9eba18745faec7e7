"""A bootstrap by a person: what is found on each host, what the choice changes, and what is refused."""

from pathlib import Path

import pytest
from database_stand_in import CLUSTER, OTHER
from stage_sample import CONFIG, DATABASES, all_well, altered, blueprint, but, wanted

from stages.planning.observed import HostSeen, Observed, State
from stages.planning.order import make
from stages.planning.rebuilding import found, unfit, with_choice
from stages.requests.context import Context

REGAIN = ("run command regain the cluster",)


def lost(*places: str) -> Observed:
    """All databases run, stopped and with data that end there."""
    observed = all_well()
    for name, place in zip(DATABASES, places, strict=True):
        facts = {"galera": "stopped data", "position": place}
        observed = altered(observed, name, done=frozenset(), changes=REGAIN, facts=facts)
    return observed


def test_the_choice_is_a_fact_of_the_host_and_no_member_waits_for_the_others() -> None:
    chosen = with_choice(blueprint(), lost(f"{CLUSTER}:7", f"{OTHER}:8", f"{CLUSTER}:6"), ("database-2",))
    assert [chosen.host(name).facts.get("chosen") for name in DATABASES] == [None, "yes", None]
    plan = make(blueprint(), chosen, wanted())
    databases = [step.id for step in plan.steps if step.host in DATABASES]
    assert databases == ["cluster/database-2", "cluster/database-1", "cluster/database-3", "schema/accounts"]


def test_what_else_a_host_lacks_is_still_changed() -> None:
    more = (*REGAIN, "update file /etc/x")
    observed = altered(lost(*[f"{CLUSTER}:7"] * 3), "database-1", changes=more)
    assert with_choice(blueprint(), observed, ()).host("database-1").changes == more


def test_a_person_reads_what_each_host_has_and_what_is_done() -> None:
    observed = with_choice(blueprint(), lost(f"{CLUSTER}:7", f"{OTHER}:8", f"{CLUSTER}:6"), ("database-2",))
    rows = found(blueprint(), observed, make(blueprint(), observed, wanted()))
    assert [(row.role, row.host, row.found, row.does) for row in rows] == [
        (
            "database",
            "database-1",
            f"stopped data, {CLUSTER}:7",
            "join database-1 to the Galera cluster, discarding its own data",
        ),
        ("database", "database-2", f"stopped data, {OTHER}:8", "start the Galera cluster on database-2"),
        (
            "database",
            "database-3",
            f"stopped data, {CLUSTER}:6",
            "join database-3 to the Galera cluster, discarding its own data",
        ),
    ]


def test_where_nothing_is_decided_the_rows_say_so() -> None:
    observed = lost(f"{CLUSTER}:7", f"{OTHER}:8", f"{CLUSTER}:6")
    plan = make(blueprint(), observed, wanted())
    assert {row.does for row in found(blueprint(), observed, plan)} == {"not decided"}


def test_what_a_host_has_nothing_to_tell_of_is_left_out() -> None:
    observed = altered(all_well(), "database-1", facts={"galera": "", "position": f"{CLUSTER}:7"})
    (first, *_) = found(blueprint(), observed, make(blueprint(), observed, wanted()))
    assert first.found == f"{CLUSTER}:7"


def test_of_a_host_that_is_down_nothing_is_known() -> None:
    observed = but(all_well(), database_2=HostSeen(State.STOPPED), database_3=None)
    rows = found(blueprint(), observed, make(blueprint(), observed, wanted()))
    assert [row.found for row in rows] == ["primary", "the host is stopped", "the host is absent"]
    assert rows[0].does == "nothing"


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        (("database-9",), "database-9 is no host of a cluster that keeps data"),
        (("identity-blue-1",), "identity-blue-1 is no host of a cluster that keeps data"),
        (("database-1", "database-3"), "database-1 and database-3 are both to start the cluster of database"),
        (("database-2",), "database-2 is stopped, so what it has is not known"),
    ],
)
def test_a_choice_that_can_not_be_followed_is_refused(sources: tuple[str, ...], told: str) -> None:
    observed = but(all_well(), database_2=HostSeen(State.STOPPED))
    (refusal,) = unfit(blueprint(), observed, sources)
    assert refusal.startswith(told)
    assert "(next: promote " in refusal


def test_a_choice_of_a_running_host_is_followed() -> None:
    assert unfit(blueprint(), all_well(), ("database-1",)) == ()


@pytest.mark.parametrize(
    ("more", "sources"),
    [
        ({}, None),
        ({"bootstrap": None}, None),
        ({"bootstrap": {}}, ()),
        ({"bootstrap": {"sources": ["database-2"]}}, ("database-2",)),
    ],
)
def test_a_request_says_whether_a_person_asked_and_for_what(
    tmp_path: Path, more: dict[str, object], sources: tuple[str, ...] | None
) -> None:
    request = {"site": str(tmp_path / "site"), "config": str(CONFIG), "stage": "prod", **more}
    assert Context.of(request).sources == sources
