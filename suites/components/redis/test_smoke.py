import uuid
from collections.abc import Sequence

import pytest

from suites.components.redis import keys, member, served
from suites.harness.fixtures import MustHold
from suites.harness.gathering import asks
from suites.hosts.host import Host, read_all
from suites.hosts.reading import until
from suites.seam.target import Target

# Time for a failover that has just happened to finish.
SETTLED_WITHIN = 10


@asks(lambda _, host: member.scripts(host))
def test_one_master(hosts: Sequence[Host], must_hold: MustHold) -> None:
    must_hold(until(lambda: member.one_master(read_all(hosts, member.read)), within=SETTLED_WITHIN, every=1))


@asks(lambda _, host: member.scripts(host))
def test_replicas_are_in_sync(hosts: Sequence[Host], must_hold: MustHold) -> None:
    must_hold(until(lambda: member.in_sync(read_all(hosts, member.read)), within=SETTLED_WITHIN, every=1))


@asks(lambda _, host: [served.asking(host)])
def test_client_is_served(host: Host, must_hold: MustHold) -> None:
    must_hold(served.served(host.read(served.asking(host))))


def test_sentinels_have_quorum(host: Host, must_hold: MustHold) -> None:
    must_hold(keys.quorum(host))


@asks(lambda _, host: member.scripts(host))
def test_time_outs_are_set(host: Host, target: Target, must_hold: MustHold) -> None:
    must_hold(member.as_set(member.read(host), target.settings["coordination"]))


def test_key_is_on_every_replica(hosts: Sequence[Host], must_hold: MustHold) -> None:
    masters = [host for host in hosts if member.read(host).role == "master"]
    if len(masters) != 1:
        pytest.fail(f"masters: {', '.join(host.name for host in masters) or 'none'}", pytrace=False)
    key, value = f"stagegate-{uuid.uuid4()}", uuid.uuid4().hex
    try:
        must_hold(keys.write(masters[0], key, value, len(hosts) - 1))
        must_hold(keys.read_back(value, {host.name: keys.get(host, key) for host in hosts}))
    finally:
        keys.remove(masters[0], key)
