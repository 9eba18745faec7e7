"""What became of the requests of a load."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from suites.errors import NotMeasured
from suites.load.arrivals import Arrival, Series

# A request that the client sent this much too late was not sent beside those that it was to be beside.
LATE_S = 0.1


@dataclass(frozen=True, slots=True)
class Ended:
    """How a request ended: when it was sent and answered, in seconds since the load began, or what failed."""

    sent: float
    ended: float
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A request that was due, and how it ended."""

    due: Arrival
    ended: Ended

    @property
    def took(self) -> float:
        """Seconds from when it was sent, or from when a slow client ended it, to the answer."""
        return self.ended.ended - self.ended.sent - self.due.held

    @property
    def late(self) -> bool:
        """Whether it was sent too late to say anything of who waits for whom."""
        return self.ended.sent - self.due.at > LATE_S


def joined(due: Sequence[Arrival], answer: object) -> tuple[Sample, ...]:
    """Return the samples from the client's answer. Raises NotMeasured if it is not about these requests."""
    try:
        ended = TypeAdapter(list[Ended]).validate_python(answer)
    except ValidationError as error:
        raise NotMeasured("what the load client says can't be parsed", why=str(error.errors()[0])) from None
    if len(ended) != len(due):
        raise NotMeasured("the load client did not report all", why=f"{len(ended)} of {len(due)} requests")
    return tuple(Sample(*pair) for pair in zip(due, ended, strict=True))


def took(samples: Iterable[Sample], series: Series, host: str) -> list[float]:
    """Return how long the answered requests of a series took at a host, without those sent too late."""
    return [
        one.took
        for one in samples
        if (one.due.series, one.due.host) == (series, host) and not one.late and one.ended.error is None
    ]
