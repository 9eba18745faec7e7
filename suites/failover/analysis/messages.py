"""Messages: what was confirmed must have been consumed. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from suites.probes.trace import Request, RequestOutcome


@dataclass(frozen=True, slots=True)
class MessageFindings:
    """How many messages were confirmed; those of them that nobody consumed; those consumed more than once."""

    confirmed: int
    lost: tuple[str, ...]
    twice: tuple[str, ...]

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why the absence of a loss proves nothing."""
        return () if self.confirmed else ("no message was confirmed: none could be lost",)

    @property
    def told(self) -> str:
        """The findings as half a sentence."""
        again = f", {len(self.twice)} consumed more than once" if self.twice else ""
        return f"lost messages {len(self.lost)} of {self.confirmed}{again}"


def acknowledged(requests: Iterable[Request]) -> Mapping[str, float]:
    """Return what was acknowledged in time, by key: when."""
    return {
        request.key: request.end
        for request in requests
        if request.key is not None and request.outcome is RequestOutcome.OK
    }


def check_messages(confirmed: Collection[str], consumed: Iterable[str]) -> MessageFindings:
    """Return what became of confirmed messages. Others may have been consumed too, or not: both is right."""
    times = Counter(consumed)
    return MessageFindings(
        confirmed=len(confirmed),
        lost=tuple(sorted(key for key in confirmed if not times[key])),
        twice=tuple(sorted(key for key, often in times.items() if often > 1)),
    )
