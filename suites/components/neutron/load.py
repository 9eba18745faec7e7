"""What clients ask of Neutron under load."""

from suites.load.mix import Mix
from suites.probes.spec import TOKENS, Kind

MIX = Mix(
    endpoint="network",
    reads=("/v2.0/networks", "/v2.0/ports", "/v2.0/security-groups"),
    record=Kind.NETWORK,
    watches=TOKENS | {"ovn", "rabbitmq"},
)
