import uuid
from collections.abc import Sequence

from suites.components.glance import crossing
from suites.harness import dependencies
from suites.harness.clients import Clients
from suites.harness.fixtures import MustHold
from suites.harness.hosts import Host
from suites.harness.target import Target

NEEDS = ("database", "identity", "object-store")


def test_dependencies_answer(host: Host, must_hold: MustHold) -> None:
    must_hold(dependencies.all_ok(dependencies.read(host), NEEDS))


def test_image_crosses_hosts(
    hosts: Sequence[Host], clients: Clients, target: Target, must_hold: MustHold
) -> None:
    way = crossing.cross(clients, target, hosts, f"smoke-{uuid.uuid4()}")
    must_hold(crossing.crossed(way, hosts[0].name))
