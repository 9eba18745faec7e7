import uuid
from collections.abc import Mapping

from suites.components.neutron import binding
from suites.harness.errands import Begun, Setting, begins
from suites.harness.fixtures import MustHold
from suites.harness.gathering import asks
from suites.hosts.host import Host
from suites.openstack import dependencies
from suites.openstack.services import ServiceWatch, in_place
from suites.seam.target import Target

NEEDS = ("database", "messaging", "identity", "ovn")


@asks(lambda _, host: [dependencies.script(host)])
def test_dependencies_answer(host: Host, must_hold: MustHold) -> None:
    must_hold(dependencies.all_ok(dependencies.read(host), NEEDS))


def test_agents_are_alive_and_stay(service_watch: ServiceWatch, target: Target, must_hold: MustHold) -> None:
    computes = {"ovn-controller": target.names("ovn-controller")}
    must_hold(in_place(service_watch.all("network"), every=computes, some={}))


def bind(at: Setting) -> Mapping[str, str]:
    return binding.bind(at.clients, at.target, at.target.names("ovn-controller"), f"smoke-{uuid.uuid4()}")


@begins(bind)
def test_port_binds(begun: Begun, must_hold: MustHold) -> None:
    must_hold(binding.all_bound(begun()))
