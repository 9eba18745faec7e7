import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from suites.components.haproxy import flapping, pools, status
from suites.components.haproxy.component import DATABASE, SERVED_BY
from suites.components.haproxy.flapping import LASTING_S, Looked
from suites.faults.drills import Drilled
from suites.harness.errands import Begun, Setting, begins
from suites.harness.fixtures import MustHold
from suites.harness.gathering import asks
from suites.hosts.host import Host, read_all
from suites.hosts.reading import Observation, until
from suites.seam.target import Target

CONFIG_TEST = "haproxy -c -q -f /etc/haproxy/haproxy.cfg"
# After a reload a server must pass `rise` checks before it is UP.
CHECKED_WITHIN = 8
# While servers change state, load balancers may agree by chance in a single poll.
LASTING = 1.0


@asks(CONFIG_TEST)
def test_config_is_valid(host: Host, must_hold: MustHold) -> None:
    output = host.ask(CONFIG_TEST)
    said = (output.stdout + output.stderr).strip()
    must_hold(Observation(holds=output.status == 0 and not said, seen=said or "valid, without a warning"))


@asks(status.SHOW_STAT)
def test_every_server_is_up(host: Host, target: Target, must_hold: MustHold) -> None:
    def look() -> Observation:
        return pools.all_up(host, target, SERVED_BY)

    must_hold(until(look, within=CHECKED_WITHIN, every=0.5))


@asks(status.SHOW_STAT)
def test_servers_are_the_hosts(host: Host, target: Target, must_hold: MustHold) -> None:
    servers = pools.under_test(status.read(host), target, SERVED_BY)
    must_hold(status.as_wanted(servers, pools.wanted(target, SERVED_BY)))


def counted(at: Setting) -> Looked:
    return Looked(time.monotonic(), pools.under_test(status.read(at.host), at.target, SERVED_BY))


@pytest.mark.looks_back
@begins(counted)
def test_servers_stay_up(
    host: Host, target: Target, drilled: tuple[Drilled, ...], begun: Begun, must_hold: MustHold
) -> None:
    first: Looked = begun()
    time.sleep(max(0.0, first.at + LASTING_S - time.monotonic()))
    servers = pools.under_test(status.read(host), target, SERVED_BY)
    second = Looked(time.monotonic(), servers)
    age = (datetime.now(UTC) - flapping.explained_until(target, drilled)).total_seconds()
    must_hold(flapping.stay_up(first, second, flapping.unexplained(first.at, second.at, age)))


def test_writer_is_agreed(hosts: Sequence[Host], must_hold: MustHold) -> None:
    def look() -> Observation:
        return status.one_writer(read_all(hosts, status.read), DATABASE)

    must_hold(until(look, within=CHECKED_WITHIN, every=0.5, lasting=LASTING))
