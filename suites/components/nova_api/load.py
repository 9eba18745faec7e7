"""What clients ask of Nova's API under load."""

from suites.load.mix import Mix
from suites.probes.spec import TOKENS, Kind

MIX = Mix(
    endpoint="compute",
    reads=("/flavors", "/servers/detail", "/os-services"),
    record=Kind.FLAVOR,
    watches=TOKENS,
)
