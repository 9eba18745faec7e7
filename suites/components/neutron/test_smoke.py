import uuid
from collections.abc import Mapping

from suites.components.neutron import binding, ranges
from suites.components.neutron.component import LIVES_BY
from suites.harness.errands import Begun, Setting, begins
from suites.harness.fixtures import MustHold
from suites.harness.gathering import asks
from suites.hosts.host import Host
from suites.hosts.reading import until
from suites.openstack.services import ServiceWatch, in_place
from suites.readings import connections
from suites.seam.target import Target

# The next poll opens a broken connection again.
CONNECTED_WITHIN = 8


def test_agents_are_alive_and_stay(service_watch: ServiceWatch, target: Target, must_hold: MustHold) -> None:
    computes = {"ovn-controller": target.names("ovn-controller")}
    must_hold(in_place(service_watch.all("network"), every=computes))


def bind(at: Setting) -> Mapping[str, str]:
    return binding.bind(at.clients, at.target, at.target.names("ovn-controller"), f"smoke-{uuid.uuid4()}")


@begins(bind)
def test_port_binds(begun: Begun, must_hold: MustHold) -> None:
    must_hold(binding.all_bound(begun()))


@begins(lambda at: ranges.make(at.clients, at.target, f"smoke-{uuid.uuid4()}"))
def test_segment_range_is_made(begun: Begun, must_hold: MustHold) -> None:
    must_hold(ranges.made(begun()))


@asks(connections.script(LIVES_BY))
def test_workers_are_connected(host: Host, must_hold: MustHold) -> None:
    must_hold(until(lambda: connections.linked(host, LIVES_BY), within=CONNECTED_WITHIN, every=1))
