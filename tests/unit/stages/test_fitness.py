"""What a host lacks is judged from its report: each thing with where, why and the next command."""

from dataclasses import replace
from typing import Any

import pytest
from stage_sample import blueprint

from stages.planning.fitness import (
    CLOCK_S,
    LEAST_MB,
    LEAST_SHARE,
    Answer,
    HostFit,
    Needs,
    ahead,
    judge,
    needs,
)
from suites.readings import clocks, disk

AGAIN = "promote doctor --stage prod"
THERE = ("database-1", "database-2", "loadbalancer-1")
ROOM = {"at": "/", "size_mb": 20_000, "free_mb": 9_000, "inodes": 1000, "free_inodes": 900}


@pytest.fixture
def needed() -> Needs:
    (found,) = [one for one in needs(blueprint(), THERE) if one.host == "database-1"]
    return found


def report(needed: Needs, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """That of a host that lacks nothing and where nothing listens yet."""
    question = needed.question()
    return {
        "clock": 1000.0,
        "took": 1.0,
        "python": [3, 11, 2],
        "memory_mb": 8000,
        "directories": dict.fromkeys(question["directories"], ROOM),
        "ports": [[address, port, "closed"] for address, port in question["ports"]],
        "names": {name: [] for name in question["names"]},
        **changed,
    }


def judged(needed: Needs, **changed: Any) -> HostFit:  # noqa: ANN401 - JSON
    return judge(needed, Answer(999.0, 1002.0, report(needed, **changed)), AGAIN)


def test_only_hosts_that_are_there_are_asked_and_about_no_other(needed: Needs) -> None:
    assert [one.host for one in needs(blueprint(), THERE)] == ["loadbalancer-1", "database-1", "database-2"]
    assert {one.target for one in needed.reaches} == {"database-2", "loadbalancer-1"}
    assert needed.directories == ("/", "/var/lib/mysql", "/var/lib/galera-backups")
    assert "database-1" not in needed.names
    assert "database-3" in needed.names, "a name may be wrong before its host is there"


def test_where_nothing_listens_yet_nothing_is_wrong(needed: Needs) -> None:
    found = judged(needed)
    assert (found.fit, found.problems) == (True, ())
    assert found.seen == (
        "8000 MB, 9000 MB of disk free, clock +0.0 s, Python 3.11.2, ports: 0 open, 5 closed, 0 out of reach"
    )


@pytest.mark.parametrize(
    ("changed", "what", "next_command"),
    [
        ({"python": [3, 9, 2]}, "its Python is 3.9.2", "install Debian 12 on the host"),
        ({"memory_mb": 259}, "it has 259 MB of memory", "give it more memory"),
        (
            {"directories": {"/var/lib/mysql": {**ROOM, "free_mb": 1023, "size_mb": 1100, "at": "/var"}}},
            "1023 of 1100 MB are free",
            "make room in the file system at /var",
        ),
        (
            {"directories": {"/": {**ROOM, "free_mb": 1999}}},
            "1999 of 20000 MB are free",
            "make room in the file system at /",
        ),
        (
            {"directories": {"/": {**ROOM, "free_inodes": 99}}},
            "99 of 1000 inodes are free",
            "remove small files from the file system at /",
        ),
        (
            {"clock": 1003.5},
            "its clock is 2.5 s ahead",
            "timedatectl set-ntp true, on database-1 and on this machine",
        ),
        (
            {"clock": 900.0},
            "its clock is 99.0 s behind",
            "timedatectl set-ntp true, on database-1 and on this machine",
        ),
        (
            {"names": {"database-2": ["192.0.2.7"]}},
            "the name database-2 resolves to 192.0.2.7",
            f"correct /etc/hosts or the name server of database-1, then: {AGAIN}",
        ),
    ],
)
def test_each_thing_that_a_host_lacks_is_one_problem(
    needed: Needs, changed: dict[str, Any], what: str, next_command: str
) -> None:
    found = judged(needed, **changed)
    assert not found.fit
    (problem,) = found.problems
    assert (problem.what, problem.next) == (what, next_command)
    assert problem.where.startswith("database-1")
    assert problem.why


def test_all_problems_are_told_at_once(needed: Needs) -> None:
    assert len(judged(needed, python=[3, 9, 2], memory_mb=1, clock=0.0).problems) == 3


@pytest.mark.parametrize(
    "fine",
    [
        {"directories": {"/": {**ROOM, "inodes": 0, "free_inodes": 0}}},
        {"names": {"database-2": [blueprint().host("database-2").address]}},
        {"clock": 1002.9},
        {"python": [3, 12, 0]},
    ],
    ids=["no fixed number of inodes", "the right address", "within the bound", "a newer Python"],
)
def test_what_is_as_it_should_be_is_no_problem(needed: Needs, fine: dict[str, Any]) -> None:
    assert judged(needed, **fine).fit


def test_ports_out_of_reach_are_one_problem_for_each_host_that_is_not_reached(needed: Needs) -> None:
    other, balancer = (blueprint().host(name).address for name in ("database-2", "loadbalancer-1"))
    states = {(other, 4567): "timed out", (other, 4568): "timed out", (balancer, 8405): "No route to host"}
    asked = needed.question()["ports"]
    ports = [[address, port, states.get((address, port), "open")] for address, port in asked]
    first, second = judged(needed, ports=ports).problems
    assert first.what == (
        "it does not reach database-2 at 4567 (replication), 4568 (transfer of missed writes)"
    )
    assert (first.where, first.why) == (f"database-1 to {other}", "timed out")
    assert second.what == "it does not reach loadbalancer-1 at 8405 (the state of servers)"
    assert second.why == "No route to host"


def test_a_host_that_gives_no_report_says_why(needed: Needs) -> None:
    found = judge(needed, Answer(lacks=("it has no python3", "programs need it", "apt-get install")), AGAIN)
    assert (found.fit, found.seen) == (False, "no answer")
    assert [(one.what, one.why, one.next) for one in found.problems] == [
        ("it has no python3", "programs need it", "apt-get install")
    ]


@pytest.mark.parametrize(("clock", "off"), [(998.0, -1.0), (999.0, 0.0), (1001.0, 0.0), (1004.0, 3.0)])
def test_a_slow_way_to_a_host_is_no_wrong_clock(needed: Needs, clock: float, off: float) -> None:
    assert ahead(Answer(999.0, 1002.0, report(needed, clock=clock))) == pytest.approx(off)


def test_the_bounds_are_those_of_the_smoke_gate() -> None:
    assert (CLOCK_S, LEAST_SHARE, LEAST_MB) == (clocks.WITHIN, disk.LEAST_SHARE, disk.LEAST_KIB / 1024)


def test_a_role_that_needs_more_is_judged_by_that(needed: Needs) -> None:
    assert not judge(replace(needed, memory_mb=9000), Answer(999.0, 1002.0, report(needed)), AGAIN).fit
