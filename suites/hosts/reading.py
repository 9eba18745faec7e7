"""What a host is asked, as a value: a script, and what its answer means. So it can be asked with others."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from suites.hosts.host import Host, Output
from suites.hosts.observation import Observation


@dataclass(frozen=True, slots=True)
class Reading:
    """A shell script, run as root on a host, and what its output means.

    `judge` may raise ReadingFailed for an output that nobody understands.
    """

    script: str
    judge: Callable[[Output], Observation]


def look(host: Host, readings: Iterable[Reading]) -> Observation:
    """Say whether each reading holds on a host. What was seen is the first that does not, else all of them.

    Raises ReadingFailed.
    """
    seen = []
    for reading in readings:
        observation = reading.judge(host.ask(reading.script))
        if not observation.holds:
            return observation
        seen.append(observation.seen)
    return Observation(holds=bool(seen), seen=", ".join(seen) or "there is nothing to look at")
