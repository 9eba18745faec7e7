from collections.abc import Sequence

from suites.components.nova_conductor.component import healthy
from suites.harness import serving
from suites.harness.fixtures import MustHold
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.reading import look
from suites.harness.waiting import until


def test_some_serve(hosts: Sequence[Host], must_hold: MustHold) -> None:
    def seen() -> Observation:
        return serving.some({host.name: look(host, healthy(host)) for host in hosts})

    must_hold(until(seen, within=5, every=0.5))
