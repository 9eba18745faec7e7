from suites.components.ovn_controller.component import STATUS, connected
from suites.harness.fixtures import MustHold
from suites.harness.gathering import asks
from suites.hosts.host import Host
from suites.hosts.reading import until


@asks(STATUS)
def test_connected_to_southbound(host: Host, must_hold: MustHold) -> None:
    # A controller that lost its database server needs a moment to connect to another.
    must_hold(until(lambda: connected(host.ask(STATUS)), within=5, every=0.5))
