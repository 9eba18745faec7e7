"""What clients ask of Placement under load."""

from suites.load.mix import Mix
from suites.probes.spec import TOKENS, Kind

MIX = Mix(
    endpoint="placement",
    reads=("/resource_providers",),  # the other lists ask for a version of the API
    record=Kind.TRAIT,
    watches=TOKENS,
)
