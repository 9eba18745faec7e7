"""What is not as declared, as sentences for people."""

from collections.abc import Iterable
from dataclasses import dataclass

from suites.hosts.reading import Observation

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """What is not as it must be, and the command that shows it or mends it."""

    what: str
    next: str

    def __str__(self) -> str:
        return f"{self.what} (next: {self.next})"


def observed(findings: Iterable[Finding], well: Iterable[str]) -> Observation:
    """Say whether nothing was found, and something was compared: `well` is what."""
    found, compared = tuple(dict.fromkeys(findings)), ", ".join(filter(None, well))
    if not found:
        return Observation(holds=bool(compared), seen=compared or "nothing was compared")
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return Observation(holds=False, seen="; ".join(str(one) for one in found[:SHOWN]) + more)


def on(host: str, command: str) -> str:
    """Return a command that is to be run on a host, in words."""
    return f"{command}, on {host}"
