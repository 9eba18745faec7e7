"""A server that goes down and up all the time is up whenever it is looked at: its counters tell."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from observed import met, unmet
from suites_sample import Recorded

from suites.components.haproxy import flapping, status
from suites.components.haproxy.flapping import BEFORE_S, Looked, explained_until, stay_up, unexplained
from suites.components.haproxy.status import Server
from suites.faults.drills import Drilled
from suites.seam.target import Target

LONG_AGO_S = 10_000.0


@pytest.fixture
def servers(recorded: Recorded) -> tuple[Server, ...]:
    """Those of a load balancer of a standing stage in which faults were made, six minutes after its start."""
    return status.parse(recorded("haproxy-show-stat-of-faults.csv"))


def changed(servers: tuple[Server, ...], name: str, **values: object) -> tuple[Server, ...]:
    return tuple(replace(one, **values) if one.name == name else one for one in servers)  # type: ignore[arg-type]  # as replace has it


def looked(before: tuple[Server, ...], now: tuple[Server, ...]) -> tuple[Looked, Looked]:
    return Looked(100.0, before), Looked(125.0, now)


def test_what_haproxy_counts_is_read(servers: tuple[Server, ...]) -> None:
    counted = {one.name: (one.downs, one.unchanged_s) for one in servers}
    assert counted == {
        "database-1": (3, 91.0),
        "database-2": (1, 71.0),
        "database-3": (2, 44.0),
        "identity-blue-1": (1, 327.0),
        "identity-blue-2": (0, 358.0),
    }


def test_servers_that_went_down_while_faults_were_made_and_stay_up_since_are_well(
    servers: tuple[Server, ...],
) -> None:
    assert met(stay_up(*looked(servers, servers), 0.0)) == "5 servers stayed up for 25 s"


def test_a_server_may_go_down_once_and_not_twice(servers: tuple[Server, ...]) -> None:
    once, twice = (changed(servers, "identity-blue-2", downs=number) for number in (1, 2))
    assert "but identity/identity-blue-2 went down once" in met(stay_up(*looked(servers, once), 0.0))
    said = unmet(stay_up(*looked(servers, twice), 0.0))
    assert said == "identity/identity-blue-2 went down 2 times in 25 s"


@pytest.mark.parametrize(
    ("unchanged_s", "unexplained_s", "holds"),
    [
        (10.0, LONG_AGO_S, False),
        (BEFORE_S - 1, LONG_AGO_S, False),
        (BEFORE_S, LONG_AGO_S, True),  # too long ago to be all the time
        (10.0, 5.0, True),  # a fault that was made on purpose explains it
    ],
)
def test_one_that_went_down_shortly_before_the_gate_and_in_it_does_so_all_the_time(
    servers: tuple[Server, ...], unchanged_s: float, unexplained_s: float, *, holds: bool
) -> None:
    before = changed(servers, "identity-blue-1", downs=4, unchanged_s=unchanged_s)
    now = changed(servers, "identity-blue-1", downs=5, unchanged_s=3.0)
    assert stay_up(*looked(before, now), unexplained_s).holds is holds


def test_what_haproxy_forgot_by_a_restart_is_no_less(servers: tuple[Server, ...]) -> None:
    restarted = changed(servers, "database-1", downs=2)
    assert "database/database-1 went down 2 times" in unmet(stay_up(*looked(servers, restarted), 0.0))
    assert unmet(stay_up(*looked((), ()), 0.0)) == "there is no server in any backend"


def test_a_server_that_is_not_checked_counts_nothing(recorded: Recorded) -> None:
    unchecked = recorded("haproxy-show-stat-of-faults.csv").replace(",7,3,91,", ",,,,")
    assert unchecked != recorded("haproxy-show-stat-of-faults.csv")
    (first, *_) = status.parse(unchecked)
    assert (first.downs, first.unchanged_s) == (0, float("inf"))


def test_a_deployment_a_resumed_one_and_a_fault_explain_until_they_have_ended(target: Target) -> None:
    def at(minute: int) -> datetime:
        return datetime(2026, 11, 22, 17, minute, tzinfo=UTC)

    assert explained_until(target, ()) == target.settled_at
    assert explained_until(replace(target, resumed_at=at(1)), ()) == at(1)
    drills = (Drilled(at(2), at(3)), Drilled(at(4)))  # the last was killed, and explains nothing
    assert explained_until(replace(target, resumed_at=at(1)), drills) == at(3)


def test_nothing_is_unexplained_until_hosts_had_the_time_to_come_back() -> None:
    afterwards = flapping.AFTERWARDS_S
    assert unexplained(100.0, 120.0, 60.0) == 60.0 - 20.0 - afterwards
    assert unexplained(100.0, 120.0, 20.0 + afterwards - 1.0) == 0.0
