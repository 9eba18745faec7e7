"""A canary: for a while, a part of the traffic goes to the colour that is about to take over. Values only."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

# One that nobody asks as often is not judged: one answer alone must not decide.
REQUESTS = 100
# None would fail an upgrade by one answer that a worker lost as it started; more than this is noticed.
ERRORS = 1.0
# Programs that have just started fill their caches first. What is twice as slow with a part of the traffic
# has no room for all of it.
SLOWER = 2.0
# A client does not notice that it waits so much longer (milliseconds), however often that is of a short time.
UNNOTICED = 50.0


@dataclass(frozen=True, slots=True)
class Canary:
    """How much of the traffic, for how long, and how much worse than the other colour may answer.

    share     of a hundred requests to each service, how many the colour gets
    seconds   for how long
    requests  how many it must have answered, service by service, to be judged
    errors    how many more of a hundred answers may be 5xx than of the other colour's
    slower    up to how many times the other colour's its mean time to an answer may be
    """

    share: int
    seconds: float
    requests: int = REQUESTS
    errors: float = ERRORS
    slower: float = SLOWER

    def to_json(self) -> dict[str, Any]:
        """The form in an action of a plan."""
        return asdict(self)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "Canary":
        """What `to_json` wrote. Raises TypeError for anything else."""
        return cls(**data)
