"""Own pools are looked back at: one that had no server up meanwhile had the other colour answer for it."""

from dataclasses import replace
from typing import Any

import pytest
from suites_sample import FakeHost, Read

from suites.components.haproxy import neighbours
from suites.components.haproxy.component import SERVED_BY
from suites.components.haproxy.neighbours import Pool, Remembered
from suites.errors import ReadingFailed
from suites.hosts.host import Output
from suites.neighbours.crossing import Said
from suites.seam.report import Outcome
from suites.seam.target import Target

SHOWN = """Name: HAProxy
Uptime: 0d 0h15m02s
Uptime_sec: 902

# pxname,svname,status,lastchg,type
identity,FRONTEND,OPEN,,0
identity,identity-blue-1,UP,900,2
identity,BACKEND,UP,900,1
identity-green,identity-green-1,UP,40,2
identity-green,BACKEND,UP,41,1
"""
OWN = ("identity-green",)


def seen(pool: Pool, runs: float = 902) -> dict[str, Remembered]:
    well = Remembered(902, {"identity-green": Pool("UP", 900)})
    return {"loadbalancer-1": well, "loadbalancer-2": Remembered(runs, {"identity-green": pool})}


def test_the_state_of_each_pool_is_read_with_its_age_and_no_server_is_taken_for_one() -> None:
    host = FakeHost(output=Output(0, SHOWN, ""))
    pools = {"identity": Pool("UP", 900), "identity-green": Pool("UP", 41)}
    assert neighbours.read(host) == Remembered(902, pools)


@pytest.mark.parametrize(
    "told",
    [
        "Uptime_sec: 9\n\n# pxname,svname,type\nidentity,BACKEND,1\n",
        SHOWN.replace("Uptime_sec: 902\n", ""),
        "Permission denied\n",
    ],
)
def test_what_tells_no_age_is_no_reading(told: str) -> None:
    with pytest.raises(ReadingFailed, match="can't be parsed"):
        neighbours.parse(told)


@pytest.mark.parametrize("lasts", [900, 41, 40])
def test_one_that_has_been_up_since_the_last_step_has_stayed_up(lasts: float) -> None:
    found = neighbours.stayed_up(seen(Pool("UP", lasts)), OWN, 40.9)
    assert found.outcome is Outcome.PASSED
    assert found.seen == "identity-green up at loadbalancer-1, loadbalancer-2 since the last step"


@pytest.mark.parametrize(
    ("pool", "told"),
    [
        (Pool("UP", 12), "is UP for 12 s, and the last step ended 41 s ago"),
        (Pool("DOWN", 900), "is DOWN"),
    ],
)
def test_one_that_was_empty_meanwhile_is_named_with_its_load_balancer(pool: Pool, told: str) -> None:
    found = neighbours.stayed_up(seen(pool), OWN, 40.9)
    assert found.outcome is Outcome.FAILED
    assert found.seen == f"loadbalancer-2: identity-green {told}"


@pytest.mark.parametrize(("lasts", "runs"), [(12, 12), (13, 12), (12, 13)])
def test_a_load_balancer_that_was_restarted_proves_nothing_of_before(lasts: float, runs: float) -> None:
    found = neighbours.stayed_up(seen(Pool("UP", lasts), runs), OWN, 40.9)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.seen == (
        f"loadbalancer-2: HAProxy was started or reloaded {runs} s ago and knows nothing of before;"
        " the last step ended 41 s ago"
    )


@pytest.mark.parametrize("pool", [Pool("UP", 9), Pool("DOWN", 12)])
def test_what_it_knows_since_its_restart_is_judged(pool: Pool) -> None:
    assert neighbours.stayed_up(seen(pool, runs=12), OWN, 40.9).outcome is Outcome.FAILED


def test_a_restart_before_the_last_step_changes_nothing() -> None:
    assert neighbours.stayed_up(seen(Pool("UP", 40), runs=40), OWN, 40.9).outcome is Outcome.PASSED


def test_a_pool_that_is_missing_and_nothing_at_all_prove_nothing() -> None:
    nothing = Remembered(902, {})
    assert neighbours.stayed_up({"loadbalancer-1": nothing}, OWN, 1) == Said(
        Outcome.FAILED, "loadbalancer-1: identity-green is not known"
    )
    assert neighbours.stayed_up({}, OWN, 1).outcome is Outcome.FAILED
    assert neighbours.stayed_up(seen(Pool("UP", 900)), (), 1).outcome is Outcome.FAILED


def test_only_pools_of_the_colour_under_test_are_looked_at(
    read: Read, target_document: dict[str, Any]
) -> None:
    (one, other) = target_document["hosts"]
    one["components"] = ["galera"]
    green = {"tier": "coloured", "colour": "green", "components": ["keystone"]}
    target: Target = read({**target_document, "hosts": [one, {**other, **green}]})
    assert neighbours.own(target, SERVED_BY) == OWN
    hosts = tuple(replace(host, colour="blue") if host.colour else host for host in target.hosts)
    assert neighbours.own(replace(target, hosts=hosts), SERVED_BY) == ("identity",)
