from suites.components.placement import providers
from suites.harness.errands import Begun, begins
from suites.harness.fixtures import MustHold
from suites.seam.target import Target


@begins(lambda at: providers.read(at.clients, at.target))
def test_resource_providers_are_the_computes(begun: Begun, target: Target, must_hold: MustHold) -> None:
    must_hold(providers.are(begun(), target.names("nova-compute")))
