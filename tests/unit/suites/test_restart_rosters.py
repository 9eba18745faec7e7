"""The restart gate: which units restart together, what each is asked, and what proves nothing."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from observed import unmet

from suites.harness.component import answered, fresh
from suites.harness.loading import loaded
from suites.openstack.asking import Answer
from suites.readings import connections
from suites.restart.calm_clock import CalmClock, stalled
from suites.restart.restarts import own, rounds, unclaimed, waiting_for
from suites.seam.target import TargetHost

SINCE = datetime(2026, 11, 25, 10, 0, 5, 300_000, tzinfo=UTC).timestamp()


def host(name: str, tier: Literal["shared", "coloured", "outside"] = "shared") -> TargetHost:
    return TargetHost(name, name.rpartition("-")[0], tier, "10.0.0.1", ("haproxy",), ())


def test_of_each_role_one_host_at_a_time_and_the_shared_tier_first() -> None:
    databases = [host(f"database-{n}") for n in (1, 2, 3)]
    identities = [host(f"identity-blue-{n}", "coloured") for n in (1, 2)]
    made = rounds([*identities, host("compute-1", "outside"), *databases, host("messaging-1")])
    assert [[one.name for one in together] for together in made] == [
        ["database-1", "messaging-1"],
        ["database-2"],
        ["database-3"],
        ["identity-blue-1", "compute-1"],
        ["identity-blue-2"],
    ]


def test_nobody_is_restarted_while_a_peer_is_away() -> None:
    assert waiting_for(host("database-2"), {"database": ["database-1"]}) == "database-1"
    assert waiting_for(host("messaging-1"), {"database": ["database-1"]}) is None


def test_a_unit_that_no_component_knows_is_found() -> None:
    haproxy, keepalived = loaded("suites", "haproxy"), loaded("suites", "keepalived")
    units = ("haproxy.service", "keepalived.service", "stray.service")
    assert unclaimed(units, [haproxy, keepalived]) == ("stray.service",)
    assert own(units, keepalived) == ("keepalived.service",)


def row(at: str | None, state: str = "up") -> list[dict[str, Any]]:
    return [{"binary": "nova-compute", "host": "compute-1", "state": state, "updated_at": at}]


@pytest.mark.parametrize(
    ("rows", "holds"),
    [
        (row("2026-11-25T10:00:06.000000"), True),
        (row("2026-11-25T10:00:05.000000"), False),  # may be the last one of the process before
        (row("2026-11-25T09:59:58.000000"), False),  # up, says Nova, for 20 s after the last report
        (row("2026-11-25T10:00:06.000000", "down"), False),
        (row(None), False),
        ([], False),
    ],
)
def test_only_a_report_that_was_made_since_is_one(rows: list[dict[str, Any]], *, holds: bool) -> None:
    assert fresh(rows, "nova-compute", "compute-1", SINCE).holds is holds


@pytest.mark.parametrize(
    ("answer", "holds"),
    [(Answer(200, {"servers": []}), True), (Answer(200, None), False), (Answer(503, {}), False)],
)
def test_an_api_works_when_it_answers_with_a_document(answer: Answer, *, holds: bool) -> None:
    assert answered("compute API", "/servers", answer).holds is holds


# As iproute2 6.1 prints them on a host of the lab.
SOCKETS = """\
0      0      10.134.80.120:37558 10.134.80.48:6641 cgroup:/x/neutron-ovn-maintenance-worker.service
0      0      10.134.80.120:46968 10.134.80.32:5672 cgroup:/x/neutron-rpc-server.service
"""


def test_a_program_lives_by_connections_of_its_own() -> None:
    bus, worker = "neutron-rpc-server.service", "neutron-periodic-workers.service"
    assert connections.judge({bus: 5672}, SOCKETS).holds
    seen = unmet(connections.judge({bus: 5672, worker: 5672}, SOCKETS))
    assert seen == f"{worker} has no connection to port 5672"


@pytest.mark.parametrize(
    ("real", "waited", "calm"),
    [
        ([0.0, 10.0, 20.0, 30.0], [0.0, 0.0, 5.0, 15.0], [0.0, 10.0, 15.0, 17.0]),
        ([0.0, 10.0], [None, None], [0.0, 2.0]),
    ],
    ids=["while programs wait", "where the kernel does not report it"],
)
def test_a_calm_clock_slows_down(real: list[float], waited: list[float | None], calm: list[float]) -> None:
    clock = CalmClock(iter(real).__next__, iter(waited).__next__)
    assert [clock() for _ in real] == calm


def test_the_kernel_reports_how_long_programs_waited_or_nothing(tmp_path: Path) -> None:
    assert stalled(tmp_path / "none") is None
    (tmp_path / "cpu").write_text(
        "some avg10=1.00 avg60=0.50 avg300=0.20 total=2500000\nfull avg10=0 total=0\n"
    )
    assert stalled(tmp_path / "cpu") == 2.5
