"""Room on the disk that holds the objects: Swift refuses writes when it is nearly full."""

from suites.errors import ReadingFailed
from suites.harness.hosts import Host
from suites.harness.observation import Observation

READ = "df --block-size=1 --output=avail,size /srv/node"
LEAST_SHARE = 0.05
COLUMNS = 2


def read(host: Host) -> tuple[int, int]:
    """Read the free and all bytes. Raises ReadingFailed."""
    return parse(host.read(READ))


def parse(text: str) -> tuple[int, int]:
    """Return free and all bytes of df's output. Raises ReadingFailed."""
    words = (text.strip().splitlines() or [""])[-1].split()
    if len(words) != COLUMNS or not all(word.isdecimal() for word in words):
        raise ReadingFailed("the free disk is not understood", why=repr(text[:80]))
    return int(words[0]), int(words[1])


def has_room(free: int, size: int) -> Observation:
    """Say whether at least a twentieth is free."""
    seen = f"{free / 2**30:.1f} of {size / 2**30:.1f} GiB free"
    return Observation(holds=size > 0 and free / size >= LEAST_SHARE, seen=seen)
