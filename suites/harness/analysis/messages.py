"""Messages and keys: what was confirmed must have been consumed, what was set must be there. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from suites.harness.trace import Outcome, Request


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


@dataclass(frozen=True, slots=True)
class KeyFindings:
    """How many keys were set; those gone that had to be there; those gone that were set too late for that."""

    acknowledged: int
    lost: tuple[str, ...]
    late: tuple[str, ...]

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why the absence of a loss proves nothing."""
        return () if self.acknowledged else ("no key was set: none could be lost",)

    @property
    def told(self) -> str:
        """The findings as half a sentence."""
        late = f", and {len(self.late)} that Redis did not promise" if self.late else ""
        return f"lost keys {len(self.lost)} of {self.acknowledged}{late}"


def acknowledged(requests: Iterable[Request]) -> Mapping[str, float]:
    """Return what was acknowledged in time, by key: when."""
    return {
        request.key: request.end
        for request in requests
        if request.key is not None and request.outcome is Outcome.OK
    }


def check_messages(confirmed: Collection[str], consumed: Iterable[str]) -> MessageFindings:
    """Return what became of confirmed messages. Others may have been consumed too, or not: both is right."""
    times = Counter(consumed)
    return MessageFindings(
        confirmed=len(confirmed),
        lost=tuple(sorted(key for key in confirmed if not times[key])),
        twice=tuple(sorted(key for key, often in times.items() if often > 1)),
    )


def check_keys(set_at: Mapping[str, float], there: Collection[str], sure_before: float) -> KeyFindings:
    """Return what became of acknowledged keys.

    Redis acknowledges before a replica has heard: only what was set before `sure_before` had to be kept.
    """
    held = frozenset(there)
    gone = {key: at for key, at in set_at.items() if key not in held}
    return KeyFindings(
        acknowledged=len(set_at),
        lost=tuple(sorted(key for key, at in gone.items() if at < sure_before)),
        late=tuple(sorted(key for key, at in gone.items() if at >= sure_before)),
    )
