"""Who bootstraps the Galera cluster, who joins it, and when a person must be asked."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from database_stand_in import CLUSTER, NOBODY, OTHER
from stage_sample import DATABASES, Facts, blueprint, formed

from stages.design.parts import Formation, Milestone, Phase, Refused
from stages.roles.database.role import ACCOUNTS, BOOTSTRAP, DISCARD, form

SHARED = blueprint().planes[0]
TABLES = (Milestone("database", Phase.EXPAND), Milestone("identity", Phase.MIGRATE))


def facts(*states: str) -> Facts:
    return {f"database-{number}": {"galera": state} for number, state in enumerate(states, 1) if state}


def steps(*states: str, stage: str = "prod") -> tuple[Formation, ...]:
    return formed(stage, "database", facts(*states))


def bootstrapping(formations: Iterable[Formation]) -> list[str]:
    runs = ((item.host, getattr(part, "run", ())) for item in formations for part in item.commands)
    return [host for host, run in runs if run == BOOTSTRAP]


@pytest.mark.parametrize(
    ("states", "bootstrapper"),
    [
        (("", "", ""), "database-1"),
        (("stopped fresh", "stopped fresh", "stopped fresh"), "database-1"),
        (("stopped data", "stopped safe", "stopped data"), "database-2"),
        (("stopped fresh", "stopped fresh", "stopped safe"), "database-3"),
        (("stopped fresh", "stopped data", "stopped fresh"), "database-2"),  # such as a restored backup
        (("", "", "stopped data"), "database-3"),
    ],
)
def test_a_cluster_is_bootstrapped_on_one_member_and_joined_by_the_others_in_turn(
    states: tuple[str, ...], bootstrapper: str
) -> None:
    *cluster, accounts = steps(*states)
    assert bootstrapping(cluster) == [bootstrapper] == [cluster[0].host]
    assert cluster[0].after == ()
    assert [item.after for item in cluster[1:]] == [(cluster[0].id,), (cluster[1].id,)]
    assert sorted(item.host for item in cluster) == list(DATABASES)
    late = bootstrapper == "database-1"  # it makes the accounts
    assert [item.needs for item in cluster] == [None, *2 * [TABLES if late else None]], (
        "a backup fails when tables are made meanwhile"
    )
    assert accounts.after == tuple(item.id for item in cluster if item.needs is None)


@pytest.mark.parametrize(
    "states",
    [
        ("primary", "", ""),
        ("", "primary", "stopped fresh"),
        ("stopped fresh", "stopped data", "primary"),
        ("stopped safe", "running", "primary"),
    ],
)
def test_where_a_cluster_lives_nothing_is_bootstrapped_and_all_others_join(states: tuple[str, ...]) -> None:
    formations = steps(*states)
    assert bootstrapping(formations) == []
    assert tuple(item.host for item in formations if item.kind == "cluster") == DATABASES
    assert not any(item.needs for item in formations)
    assert set(formations[-1].after) == {item.id for item in formations[:-1]}


@pytest.mark.parametrize(
    "states",
    [
        ("stopped data", "stopped data", "stopped data"),
        ("running", "running", "stopped data"),
        ("stopped safe", "stopped safe", "stopped data"),
        ("", "", "running"),
    ],
)
def test_where_data_lie_and_nobody_is_safe_a_person_is_asked(states: tuple[str, ...]) -> None:
    found = form(blueprint(), SHARED, facts(*states))
    assert isinstance(found, Refused)
    assert "which are the newest is not guessed" in found.what
    assert all(f"database-{number} is " in found.what for number in (1, 2, 3))
    assert found.next == "promote bootstrap --stage prod"


def looked(*positions: str, chosen: str = "", states: tuple[str, ...] = ("stopped data",) * 3) -> Facts:
    """What a look before a bootstrap finds; an empty position is not known."""
    found = {}
    for number, (state, position) in enumerate(zip(states, positions, strict=True), 1):
        name = f"database-{number}"
        known = {"galera": state, "position": position, "chosen": "yes" if name == chosen else ""}
        found[name] = {fact: value for fact, value in known.items() if value}
    return found


@pytest.mark.parametrize(
    ("positions", "first"),
    [
        ((f"{CLUSTER}:7", f"{CLUSTER}:12", f"{CLUSTER}:9"), "database-2"),
        ((f"{CLUSTER}:9", f"{CLUSTER}:9", f"{CLUSTER}:9"), "database-1"),
    ],
)
def test_where_all_positions_are_known_the_newest_data_start_the_cluster(
    positions: tuple[str, ...], first: str
) -> None:
    cluster = form(blueprint(), SHARED, looked(*positions))
    assert isinstance(cluster, tuple)
    assert cluster[0].host == first
    runs = [getattr(part, "run", ()) for part in cluster[0].commands]
    assert (*BOOTSTRAP, "chosen") in runs
    assert not [item for item in cluster if DISCARD in item.commands], "nobody's data are discarded"


@pytest.mark.parametrize(
    "positions",
    [
        (f"{CLUSTER}:7", f"{OTHER}:12", f"{CLUSTER}:9"),
        (f"{CLUSTER}:7", f"{NOBODY}:-1", f"{CLUSTER}:9"),
        (f"{NOBODY}:-1", f"{NOBODY}:-1", f"{NOBODY}:-1"),
        (f"{CLUSTER}:7", "", f"{CLUSTER}:9"),
    ],
)
def test_else_the_run_stops_and_says_what_was_found_on_each_host(positions: tuple[str, ...]) -> None:
    found = form(blueprint(), SHARED, looked(*positions))
    assert isinstance(found, Refused)
    assert all(position in found.what for position in positions)
    assert found.next == "promote bootstrap --stage prod --from HOST"


def test_what_left_last_is_not_enough_where_another_one_has_data_of_another_cluster() -> None:
    states = ("stopped safe", "stopped data", "stopped fresh")
    assert isinstance(
        form(blueprint(), SHARED, looked(f"{CLUSTER}:7", f"{OTHER}:2", "", states=states)), Refused
    )
    one = form(blueprint(), SHARED, looked(f"{CLUSTER}:7", f"{CLUSTER}:2", "", states=states))
    assert isinstance(one, tuple)
    assert one[0].host == "database-1"


def test_the_newest_is_not_known_while_a_host_is_down() -> None:
    looks = looked(f"{CLUSTER}:7", f"{CLUSTER}:12", "")
    del looks["database-3"]
    assert isinstance(form(blueprint(), SHARED, looks), Refused)


def test_a_persons_choice_starts_the_cluster_and_the_others_discard_their_data() -> None:
    states = ("stopped data", "stopped data", "stopped fresh")
    cluster = form(
        blueprint(), SHARED, looked(f"{CLUSTER}:7", f"{OTHER}:12", "", chosen="database-2", states=states)
    )
    assert isinstance(cluster, tuple)
    members = [item for item in cluster if item.kind == "cluster"]
    assert [item.host for item in members] == ["database-2", "database-1", "database-3"]
    assert [DISCARD in item.commands for item in members] == [False, True, False]
    assert members[1].title == "join database-1 to the Galera cluster, discarding its own data"
    assert {item.id: item.done for item in cluster} == {item.id: item.done for item in steps()}


@pytest.mark.parametrize(
    ("states", "told", "then"),
    [
        (
            ("stopped data", "stopped fresh", "primary"),
            "a cluster already (database-3)",
            "promote --stage prod",
        ),
        (("stopped data", "stopped fresh", "stopped data"), "database-2 has no data", "promote bootstrap"),
        (
            ("running", "stopped data", "stopped data"),
            "runs on database-1",
            "database-1 systemctl stop mariadb",
        ),
    ],
)
def test_a_choice_that_would_lose_data_or_split_the_cluster_is_refused(
    states: tuple[str, ...], told: str, then: str
) -> None:
    found = form(blueprint(), SHARED, looked("", "", "", chosen="database-2", states=states))
    assert isinstance(found, Refused)
    assert told in found.what
    assert then in found.next


@pytest.mark.parametrize("state", ["", "stopped fresh", "stopped safe", "stopped data", "running", "primary"])
def test_a_single_database_bootstraps_whatever_data_it_has(state: str) -> None:
    assert bootstrapping(steps(state, stage="dev")) == ["database-1"]


def test_the_accounts_are_made_again_when_roles_ask_for_others() -> None:
    without = {name: role for name, role in blueprint().roles.items() if name != "identity"}
    fewer = form(replace(blueprint(), roles=without), SHARED, {})
    assert isinstance(fewer, tuple)
    accounts = steps()[-1]
    assert accounts.id == fewer[-1].id == "schema/accounts"
    assert accounts.done != fewer[-1].done
    assert ACCOUNTS in str(accounts.commands)
