from suites.components.placement import providers
from suites.harness.clients import Clients
from suites.harness.fixtures import MustHold
from suites.harness.target import Target


def test_resource_providers_are_the_computes(clients: Clients, target: Target, must_hold: MustHold) -> None:
    computes = [host.name for host in target.carrying("nova-compute")]
    must_hold(providers.are(providers.read(clients, target), computes))
