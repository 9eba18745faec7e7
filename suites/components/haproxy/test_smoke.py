from collections.abc import Sequence

from suites.components.haproxy import pools, status
from suites.components.haproxy.component import DATABASE, SERVED_BY
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


def test_writer_is_agreed(hosts: Sequence[Host], must_hold: MustHold) -> None:
    def look() -> Observation:
        return status.one_writer(read_all(hosts, status.read), DATABASE)

    must_hold(until(look, within=CHECKED_WITHIN, every=0.5, lasting=LASTING))
