"""What each host is told of leaving the rotation, and that nothing of it is a reason to restart a service."""

import json
from typing import Any

import pytest
from stage_sample import blueprint, content, drafted, manifest

from stages.balancing.rotation import OF_STAGE, PROGRAM

UNITS = "/etc/systemd/system"
MARIADB = f"{UNITS}/mariadb.service.d/stagegate.conf"
SETTINGS = drafted("prod").config.stage("prod").settings["loadbalancer"]


def known(stage: str, host: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content(stage, host, OF_STAGE))
    return found


def stops_by(stage: str, host: str, unit: str) -> list[str]:
    """What the unit runs before it stops."""
    (line,) = [line for line in content(stage, host, unit).splitlines() if line.startswith("ExecStop=")]
    return line.removeprefix("ExecStop=").split()


@pytest.mark.parametrize("host", ["identity-blue-2", "database-1"])
def test_a_host_asks_every_load_balancer_about_itself(host: str) -> None:
    told = known("prod", host)
    assert told["server"] == host
    assert told["balancers"] == {one.name: one.address for one in blueprint().everywhere("loadbalancer")}


@pytest.mark.parametrize("host", ["identity-blue-1", "database-1"])
def test_a_host_that_will_be_alone_asks_them_too(host: str) -> None:
    """The load balancers may still send clients to it and to another one, which leaves after it restarted."""
    told = known("dev", host)
    assert list(told["balancers"]) == ["loadbalancer-1"]
    assert told["returned_within"] > 0
    assert told["noticed_within"] > 0


def test_the_load_balancers_get_the_time_that_their_own_checks_may_take() -> None:
    own = SETTINGS
    by_one_answer = own.check_interval + 2 * own.http_check_timeout
    by_failures = (
        own.check_interval
        + (own.check_fall - 1) * own.check_fast_interval
        + (own.check_fall + 1) * own.check_timeout
    )
    assert known("prod", "identity-blue-1")["noticed_within"] == by_one_answer
    assert known("prod", "database-1")["noticed_within"] == by_failures
    back = {"identity-blue-1": own.http_check_timeout, "database-1": own.check_timeout}
    for host, timeout in back.items():
        assert known("prod", host)["returned_within"] == own.check_rise * (own.check_down_interval + timeout)


def test_a_request_gets_as_long_as_load_balancers_wait_for_its_answer() -> None:
    assert known("prod", "identity-blue-1")["served_within"] == SETTINGS.server_timeout


def test_every_api_leaves_its_own_backend_before_it_stops() -> None:
    drawn = blueprint("whole-prod")
    for role in ("identity", "image", "compute-api", "network-api", "volume-api"):
        host = drawn.everywhere(role)[0].name
        units = [file.path for file in manifest("whole-prod", host).files if "leave-rotation" in file.content]
        stops = [stops_by("whole-prod", host, unit) for unit in units if unit.startswith(UNITS)]
        assert sorted(stop[-1] for stop in stops) == sorted(item.name for item in drawn.roles[role].services)
        assert {stop[0] for stop in stops} == {PROGRAM}


def test_the_mark_is_where_the_health_check_looks_for_it() -> None:
    stop = stops_by("prod", "database-1", MARIADB)
    assert stop == [PROGRAM, "--mark", "/run/mysqld/draining", "--port", "3306", "database"]
    unit = f"{UNITS}/keystone.service"
    stop = stops_by("prod", "identity-blue-1", unit)
    assert "RuntimeDirectory=stagegate/keystone\n" in content("prod", "identity-blue-1", unit)
    assert stop[:5] == [PROGRAM, "--mark", "/run/stagegate/keystone/draining", "--sign",
                        "/run/stagegate/keystone/drains"]  # fmt: skip


def test_neither_a_peer_nor_a_timer_of_the_load_balancers_restarts_a_service() -> None:
    for host in ("identity-blue-1", "database-1"):
        for unit in manifest("prod", host).units:
            assert not {PROGRAM, OF_STAGE} & {*unit.restart_on, *unit.reload_on}, unit.name
    unit = f"{UNITS}/keystone.service"
    alone, with_peers = (stops_by(stage, "identity-blue-1", unit) for stage in ("dev", "prod"))
    assert alone == with_peers
