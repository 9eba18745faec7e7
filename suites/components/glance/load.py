"""What clients ask of Glance under load."""

from suites.load.mix import Mix
from suites.probes.spec import TOKENS, Kind

MIX = Mix(
    endpoint="image",
    reads=("/v2/images",),
    record=Kind.IMAGE_RECORD,
    watches=TOKENS,
)
