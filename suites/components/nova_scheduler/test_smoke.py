from collections.abc import Sequence

from suites.components.nova_scheduler.component import healthy
from suites.harness import serving
from suites.harness.fixtures import MustHold
from suites.harness.hosts import Host
from suites.harness.waiting import until


def test_some_serve(hosts: Sequence[Host], must_hold: MustHold) -> None:
    must_hold(until(lambda: serving.some({host.name: healthy(host) for host in hosts}), within=5, every=0.5))
