"""Who bootstraps the Galera cluster, who joins it, and when a person must be asked."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from stage_sample import DATABASES, Facts, blueprint, formed

from stages.design.parts import Formation, Refused
from stages.roles.database.role import ACCOUNTS, BOOTSTRAP, form


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
    assert [item.behind_schemas for item in cluster] == [False, late, late], (
        "a backup fails when tables are made meanwhile"
    )
    assert accounts.after == tuple(item.id for item in cluster if not item.behind_schemas)


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
    assert not any(item.behind_schemas for item in formations)
    assert set(formations[-1].after) == {item.id for item in formations[:-1]}


@pytest.mark.parametrize(
    "states",
    [
        ("stopped data", "stopped data", "stopped data"),
        ("running", "running", "stopped data"),
        ("stopped fresh", "stopped fresh", "stopped data"),
        ("stopped safe", "stopped safe", "stopped data"),
        ("", "", "running"),
    ],
)
def test_where_data_lie_and_nobody_is_safe_a_person_is_asked(states: tuple[str, ...]) -> None:
    found = form(blueprint(), facts(*states))
    assert isinstance(found, Refused)
    assert "which are the newest is not guessed" in found.what
    assert all(f"database-{number} is " in found.what for number in (1, 2, 3))
    assert found.next == "docs/operate.md, 'All databases are down'"


@pytest.mark.parametrize("state", ["", "stopped fresh", "stopped safe", "stopped data", "running", "primary"])
def test_a_single_database_bootstraps_whatever_data_it_has(state: str) -> None:
    assert bootstrapping(steps(state, stage="dev")) == ["database-1"]


def test_the_accounts_are_made_again_when_roles_ask_for_others() -> None:
    without = {name: role for name, role in blueprint().roles.items() if name != "identity"}
    fewer = form(replace(blueprint(), roles=without), {})
    assert isinstance(fewer, tuple)
    accounts = steps()[-1]
    assert accounts.id == fewer[-1].id == "schema/accounts"
    assert accounts.done != fewer[-1].done
    assert ACCOUNTS in str(accounts.commands)
