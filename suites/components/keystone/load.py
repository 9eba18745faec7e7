"""What clients ask of Keystone under load."""

from suites.load.mix import Mix
from suites.probes.spec import TOKENS, Kind

MIX = Mix(
    endpoint="identity",
    reads=("/auth/tokens", "/users", "/projects"),
    record=Kind.GROUP,
    watches=TOKENS,
    signs_in=True,
)
