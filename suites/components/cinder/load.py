"""What clients ask of Cinder under load."""

from suites.load.mix import Mix
from suites.probes.spec import TOKENS, Kind

MIX = Mix(
    endpoint="volume",
    reads=("/types", "/volumes"),
    record=Kind.VOLUME_TYPE,
    watches=TOKENS,
)
