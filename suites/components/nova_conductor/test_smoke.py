from collections.abc import Sequence

from suites.components.nova_conductor.component import COMPONENT
from suites.harness.fixtures import MustHold
from suites.hosts.host import Host
from suites.hosts.reading import Observation, look, until
from suites.openstack.services import some_serve


def test_some_serve(hosts: Sequence[Host], must_hold: MustHold) -> None:
    def seen() -> Observation:
        return some_serve({host.name: look(host, COMPONENT.healthy(host)) for host in hosts})

    must_hold(until(seen, within=5, every=0.5))
