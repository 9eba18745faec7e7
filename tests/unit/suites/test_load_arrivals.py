"""The requests of a load: when each is due, and that all hosts of a role are asked for the same."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from suites.load.arrivals import HELD_PER_WAIT, Arrival, Series, arrivals
from suites.load.judging import LEAST
from suites.load.mix import Act, Mix, Subject, at_once
from suites.probes.spec import Kind
from suites.seam.target import Load, TargetHost

LOAD = Load(rate=22.0, lasts=19.0, waits=0.5)
MIX = Mix("image", ("/v2/images", "/v2/tasks"), Kind.IMAGE_RECORD, frozenset())
HOSTS = {"image-1": 4, "image-2": 4}
SIX = [Subject(f"api-{number}", MIX, HOSTS) for number in range(6)]


def drawn(seed: object) -> Random:
    return Random(str(seed))  # noqa: S311 - a test


def due(load: Load = LOAD, seed: int = 7) -> tuple[Arrival, ...]:
    return arrivals(SIX, load, drawn(seed))


def test_six_apis_of_two_hosts_are_asked_often_enough_to_be_judged() -> None:
    counts = Counter((one.component, one.host, one.series) for one in due())
    for name in (one.component for one in SIX):
        for host in HOSTS:
            assert counts[name, host, Series.ALONE] > LEAST, "one may be late"
            assert counts[name, host, Series.BESIDE] == counts[name, host, Series.ALONE]


@pytest.mark.parametrize("hosts", [3, 5])
def test_many_hosts_are_asked_for_longer_and_not_for_more_at_once(hosts: int) -> None:
    many = [replace(one, hosts={f"image-{number}": 4 for number in range(hosts)}) for one in SIX]
    found = arrivals(many, LOAD, drawn(7))
    quick = [one for one in found if one.series not in {Series.SLOW, Series.WARM}]
    counts = Counter((one.component, one.host) for one in quick if one.series is Series.ALONE)
    assert min(counts.values()) > LEAST
    assert len(quick) / (found[-1].at - quick[0].at) == pytest.approx(LOAD.rate, rel=0.15)


def test_all_is_due_in_time_at_the_rate_that_was_asked_for() -> None:
    found = due()
    quick = [one for one in found if one.series not in {Series.SLOW, Series.WARM}]
    assert [one.at for one in found] == sorted(one.at for one in found)
    assert found[-1].at < LOAD.lasts
    assert len(quick) / (found[-1].at - quick[0].at) == pytest.approx(LOAD.rate, rel=0.15)


def test_each_host_is_asked_for_the_same_at_the_same_moment() -> None:
    for series in (Series.WARM, Series.ALONE, Series.BESIDE, Series.TOGETHER, Series.SLOW):
        first, second = (
            [replace(one, host="") for one in due() if (one.series, one.host) == (series, host)]
            for host in HOSTS
        )
        assert first == second
        assert first


def test_slow_clients_hold_all_but_one_worker_while_the_next_request_comes() -> None:
    found = [one for one in due() if (one.component, one.host) == ("api-0", "image-1")]
    beside = [one for one in found if one.series is Series.BESIDE]
    slow = [one for one in found if one.series is Series.SLOW]
    assert beside
    for one in beside:
        holding = [other for other in slow if other.at < one.at < other.at + other.held]
        assert len(holding) == HOSTS["image-1"] - 1
        rest = {other.at + other.held - one.at for other in holding}
        assert min(rest) > LOAD.waits, "who waits for them waits too long"
    assert {one.held for one in slow} == {HELD_PER_WAIT * LOAD.waits}


def test_what_is_sent_together_meets_no_slow_client_of_its_component() -> None:
    found = [one for one in due() if one.component == "api-3"]
    ends = [(one.at, one.at + one.held) for one in found if one.series is Series.SLOW]
    calm = [one for one in found if one.series in {Series.ALONE, Series.TOGETHER, Series.VIP}]
    assert calm
    assert not [one for one in calm for begin, end in ends if begin <= one.at <= end]


def test_a_host_that_takes_one_request_at_a_time_gets_no_slow_client() -> None:
    alone = Subject("cinder", MIX, {"volume-api-1": 1, "volume-api-2": 1})
    found = arrivals([alone], LOAD, drawn(1))
    assert Series.BESIDE in {one.series for one in found}
    assert Series.SLOW not in {one.series for one in found}


def test_records_are_made_through_the_vip_alone() -> None:
    records = [one for one in due() if one.act is Act.RECORD]
    assert {one.host for one in records} == {""}
    assert {one.component for one in records} == {one.component for one in SIX}


def test_the_same_chance_gives_the_same_requests_and_another_does_not() -> None:
    assert due(seed=3) == due(seed=3)
    assert due(seed=3) != due(seed=4)


def test_nothing_is_due_for_nobody() -> None:
    assert arrivals([], LOAD, drawn(1)) == ()


@pytest.mark.parametrize(
    ("settings", "takes"),
    [({"workers": 2}, 2), ({"workers": 1, "threads": 4}, 4), ({"workers": 2, "threads": 3}, 6), ({}, 1)],
)
def test_how_many_a_host_takes_at_once_is_what_its_role_is_configured_for(
    settings: dict[str, object], takes: int
) -> None:
    host = TargetHost("image-1", "image", "coloured", "10.0.0.1", ("glance",), ("true",))
    assert at_once({"image": settings}, host) == takes
