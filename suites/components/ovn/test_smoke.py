import uuid
from collections.abc import Iterator, Sequence
from functools import partial

import pytest

from suites.components.ovn import chassis, cluster, northd, rows
from suites.harness.fixtures import MustHold
from suites.harness.gathering import asks
from suites.hosts.host import Host, read_all
from suites.hosts.places import NORTHBOUND, SOUTHBOUND
from suites.hosts.reading import on_all, until
from suites.readings import network
from suites.seam.target import Target

# Long enough to elect a new leader: a busy one may just have lost its leadership.
AGREED_WITHIN = 8
REPLICATED_WITHIN = 5


@pytest.fixture
def row(hosts: Sequence[Host]) -> Iterator[str]:
    name = f"smoke_{uuid.uuid4().hex}"
    yield name
    rows.remove(hosts, name)


@asks(cluster.READ)
def test_members_are_the_hosts(host: Host, hosts: Sequence[Host], must_hold: MustHold) -> None:
    must_hold(cluster.as_hosts(cluster.read(host), [member.address for member in hosts]))


@asks(lambda _, host: [cluster.asking(host)])
def test_client_is_served(host: Host, must_hold: MustHold) -> None:
    must_hold(cluster.served(host.read(cluster.asking(host))))


@asks(cluster.READ)
def test_one_leader(hosts: Sequence[Host], must_hold: MustHold) -> None:
    must_hold(
        until(lambda: cluster.one_leader(read_all(hosts, cluster.read)), within=AGREED_WITHIN, every=0.5)
    )


def test_row_reaches_every_member(hosts: Sequence[Host], row: str, must_hold: MustHold) -> None:
    value = uuid.uuid4().hex
    rows.write(hosts, row, value)
    read = partial(rows.read, row=row)
    must_hold(until(lambda: on_all(value, read_all(hosts, read)), within=REPLICATED_WITHIN))


@asks(northd.READ)
def test_northd_is_active(hosts: Sequence[Host], must_hold: MustHold) -> None:
    must_hold(until(lambda: northd.one_active(read_all(hosts, northd.read)), within=AGREED_WITHIN, every=0.5))


def test_chassis_alive(hosts: Sequence[Host], target: Target, must_hold: MustHold) -> None:
    first = hosts[0]
    northbound, southbound = network.remotes(hosts, NORTHBOUND), network.remotes(hosts, SOUTHBOUND)
    wanted = target.names("ovn-controller")
    must_hold(chassis.registered(chassis.read(first, southbound), wanted))
    if wanted:
        must_hold(network.synchronised(hosts))
        newest = chassis.configured(first, northbound)
        must_hold(chassis.up_to_date(chassis.read(first, southbound), newest))
