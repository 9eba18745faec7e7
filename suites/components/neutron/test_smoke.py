import uuid
from collections.abc import Mapping

from suites.components.neutron import binding, ranges
from suites.harness.errands import Begun, Setting, begins
from suites.harness.fixtures import MustHold
from suites.openstack.services import ServiceWatch, in_place
from suites.seam.target import Target


def test_agents_are_alive_and_stay(service_watch: ServiceWatch, target: Target, must_hold: MustHold) -> None:
    computes = {"ovn-controller": target.names("ovn-controller")}
    must_hold(in_place(service_watch.all("network"), every=computes, some={}))


def bind(at: Setting) -> Mapping[str, str]:
    return binding.bind(at.clients, at.target, at.target.names("ovn-controller"), f"smoke-{uuid.uuid4()}")


@begins(bind)
def test_port_binds(begun: Begun, must_hold: MustHold) -> None:
    must_hold(binding.all_bound(begun()))


@begins(lambda at: ranges.make(at.clients, at.target, f"smoke-{uuid.uuid4()}"))
def test_segment_range_is_made(begun: Begun, must_hold: MustHold) -> None:
    must_hold(ranges.made(begun()))
