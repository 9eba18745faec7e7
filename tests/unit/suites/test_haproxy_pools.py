"""The pools of load balancers are judged for the colour that is under test, and for no other."""

from dataclasses import replace
from typing import Any

import pytest
from suites_sample import Read

from suites.components.haproxy import pools, status
from suites.components.haproxy.component import SERVED_BY
from suites.components.haproxy.status import Server
from suites.seam.target import Target

BOTH = {
    "database": ("database-1", "database-2"),
    "identity": ("identity-blue-1",),
    "identity-green": ("identity-green-1",),
}


@pytest.fixture
def seen(read: Read, target_document: dict[str, Any]) -> Target:
    """A stage whose green is under test; blue stands beside it."""
    (one, other) = target_document["hosts"]
    one["components"] = other["components"] = ["galera"]
    own = {
        **one,
        "name": "identity-green-1",
        "tier": "coloured",
        "colour": "green",
        "components": ["keystone"],
    }
    previews = {colour: {"inside": ["env"], "address": "10.71.3.11"} for colour in ("blue", "green")}
    return read({**target_document, "hosts": [one, other, own], "colour": "green", "preview": previews})


def servers(**states: str) -> tuple[Server, ...]:
    return tuple(
        Server(pool, name, states.get(name.replace("-", "_"), "UP"), backup=False, sessions=0, check="")
        for pool, names in BOTH.items()
        for name in names
    )


def as_wanted(found: tuple[Server, ...], target: Target) -> status.Observation:
    mine = pools.under_test(found, target, SERVED_BY)
    return status.as_wanted(mine, pools.wanted(target, SERVED_BY))


def test_the_colour_beside_is_nobodys_business(seen: Target) -> None:
    assert as_wanted(servers(), seen).holds
    mine = pools.under_test(servers(identity_blue_1="DOWN"), seen, SERVED_BY)
    assert status.all_up(mine).holds
    assert {server.backend for server in mine} == {"database", "identity-green"}


def test_the_one_under_test_and_all_of_no_colour_are_judged(seen: Target) -> None:
    for name in ("identity_green_1", "database_2"):
        down = servers(**{name: "DOWN"})
        assert not status.all_up(pools.under_test(down, seen, SERVED_BY)).holds
    other = servers()[:-1]
    assert as_wanted(other, seen).seen == "identity-green lacks identity-green-1"


def test_blue_is_judged_by_the_pools_that_have_the_names_of_services(seen: Target) -> None:
    hosts = tuple(
        replace(host, name="identity-blue-1", colour="blue") if host.colour else host for host in seen.hosts
    )
    blue = replace(seen, hosts=hosts, colour="blue")
    assert as_wanted(servers(), blue).holds
    assert not status.all_up(pools.under_test(servers(identity_blue_1="DOWN"), blue, SERVED_BY)).holds


def test_a_pool_of_a_colour_that_is_gone_is_one_too_many(seen: Target) -> None:
    alone = replace(seen, preview={})
    assert as_wanted(servers(), alone).seen == "identity has identity-blue-1 too"
