import uuid
from collections.abc import Sequence

from suites.components.glance import crossing
from suites.harness.errands import Begun, begins
from suites.harness.fixtures import MustHold
from suites.hosts.host import Host


@begins(lambda at: crossing.cross(at.clients, at.target, at.hosts, f"smoke-{uuid.uuid4()}"))
def test_image_crosses_hosts(begun: Begun, hosts: Sequence[Host], must_hold: MustHold) -> None:
    must_hold(crossing.crossed(begun(), hosts[0].name))
