"""The pools of load balancers are judged for the colour that is under test, and for no other."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from suites_sample import FakeHost, Read

from suites.components.haproxy import pools, status
from suites.components.haproxy.component import COMPONENT, SERVED_BY
from suites.components.haproxy.status import Server
from suites.harness.component import Use
from suites.hosts.host import Output
from suites.hosts.reading import Observation
from suites.readings import journal
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


def as_wanted(found: tuple[Server, ...], target: Target) -> Observation:
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


def logged(pool: str, target: Target, minutes: int = 1) -> Observation:
    """How smoke judges that a pool was empty so long after the deployment, in both forms of the message."""
    at = target.settled_at + timedelta(minutes=minutes)
    kind = "backend" if pool.endswith("-green") else "proxy"
    told = f"{kind} {pool} has no server available!"
    quoted = f"[ALERT]    (42) : {kind} '{pool}' has no server available!"
    first, second = (
        journal.judge(COMPONENT, [journal.Line(at, "haproxy", text)], target) for text in (told, quoted)
    )
    assert first.holds == second.holds
    return first


def colour_under_test(seen: Target, colour: str) -> Target:
    name = f"identity-{colour}-1"
    hosts = tuple(replace(host, name=name, colour=colour) if host.colour else host for host in seen.hosts)
    return replace(seen, hosts=hosts, colour=colour, inside=("clients",))


def test_an_empty_pool_of_a_colour_that_answers_nobody_is_no_error(seen: Target) -> None:
    """Seen: green's only host was changed in place, and smoke of blue was red."""
    blue = colour_under_test(seen, "blue")
    assert logged("identity-green", blue).holds
    assert not logged("identity", blue).holds
    assert not logged("database", blue).holds
    green = colour_under_test(seen, "green")
    assert logged("identity", green).holds
    assert not logged("identity-green", green).holds
    assert not logged("database", green).holds


def test_an_empty_pool_of_the_colour_that_serves_while_the_other_is_previewed_is_one(seen: Target) -> None:
    green = colour_under_test(seen, "green")
    previewed = replace(green, inside=green.preview["green"].inside)
    assert not logged("identity", previewed).holds
    assert not logged("identity-green", previewed).holds


def test_an_empty_pool_of_a_colour_that_is_gone_is_one(seen: Target) -> None:
    assert not logged("identity-green", replace(colour_under_test(seen, "blue"), preview={})).holds


def test_every_pool_may_be_empty_until_the_last_step_is_done_whatever_its_colour(seen: Target) -> None:
    for colour in ("blue", "green"):
        alone = replace(colour_under_test(seen, colour), preview={})
        assert logged("identity", alone, minutes=-1).holds
        assert logged("identity-green", alone, minutes=-1).holds


def statistics(found: tuple[Server, ...]) -> FakeHost:
    rows = [f"{one.backend},{one.name},{one.status},0,0,L4OK,2" for one in found]
    shown = "\n".join(["# pxname,svname,status,bck,scur,last_chk,type", *rows])
    return FakeHost(output=Output(0, shown, ""))


def settled(found: tuple[Server, ...], target: Target) -> Observation:
    """As failover and restart ask whether a load balancer has recovered."""
    host = statistics(found)
    assert COMPONENT.settled is not None
    (reading,) = COMPONENT.settled(host, target)
    return reading.judge(host.ask(reading.script))


def of_use(found: tuple[Server, ...], target: Target) -> Observation:
    """As restart asks afterwards."""
    nothing: Any = None
    return COMPONENT.of_use(Use(statistics(found), 0.0, "x", target, {}, nothing, nothing))


@pytest.mark.parametrize("ask", [settled, of_use])
def test_a_load_balancer_has_recovered_whatever_became_of_the_colour_beside(
    ask: Callable[[tuple[Server, ...], Target], Observation], seen: Target
) -> None:
    assert ask(servers(identity_blue_1="DOWN"), seen).holds
    assert not ask(servers(identity_green_1="DOWN"), seen).holds
    assert not ask(servers(database_2="DOWN"), seen).holds
    assert not ask(servers(identity_blue_1="DOWN"), replace(seen, preview={})).holds
