from suites.components.ovn_controller import southbound
from suites.harness.fixtures import MustHold
from suites.harness.gathering import asks
from suites.hosts.host import Host
from suites.hosts.reading import until


@asks(southbound.STATUS)
def test_connected_to_southbound(host: Host, must_hold: MustHold) -> None:
    # A controller that lost its database server needs a moment to connect to another.
    must_hold(until(lambda: southbound.connected(host.ask(southbound.STATUS)), within=5, every=0.5))
