"""Whether the colour that is tried answers a service worse than the other one. Pure.

Errors are compared at each look, by chance: a number of 5xx that a colour within its bound would give in
less than one of `CHANCE` cases ends the trial at once, and needs no number of requests. At the end the bound
itself counts, if there were enough requests. Times are compared at the end only: at first, caches are filled.
"""

from dataclasses import dataclass
from math import exp, lgamma, log

from stages.design.canary import UNNOTICED, Canary
from stages.roles.loadbalancer.counted import Answers

CHANCE = 10_000
_NEGLIGIBLE = 1e-9


@dataclass(frozen=True, slots=True)
class Compared:
    """One service: what the colour that is tried answered, and what the other one did in the same time."""

    service: str
    tried: Answers
    other: Answers

    @property
    def told(self) -> str:
        """Both, for people."""
        return f"{self.service} {self.tried}, the other {self.other}"

    def clearly_worse(self, canary: Canary) -> str:
        """Why the trial ends at once; empty if it goes on."""
        if _at_least(self.tried.errors, self.tried.requests, self._allowed(canary)) * CHANCE < 1:
            return self._too_many_errors(canary)
        return ""

    def is_judged(self, canary: Canary) -> bool:
        """Whether there were enough requests."""
        return self.tried.requests >= canary.requests

    def worse(self, canary: Canary) -> str:
        """What is worse once the time is over, if that can be judged; empty if nothing is."""
        if not self.is_judged(canary):
            return ""
        if self.tried.error_rate > self._allowed(canary):
            return self._too_many_errors(canary)
        # Of fewer, the other's mean is no measure.
        return self._too_slow(canary) if self.other.requests >= canary.requests else ""

    def _allowed(self, canary: Canary) -> float:
        return self.other.error_rate + canary.errors / 100

    def _too_many_errors(self, canary: Canary) -> str:
        return (
            f"{self.service}: {self.tried.errors} of {self.tried.requests} answers are 5xx, of the other's "
            f"{self.other.errors} of {self.other.requests} (at most {canary.errors:g}% more)"
        )

    def _too_slow(self, canary: Canary) -> str:
        tried, other = self.tried.wait - self.tried.doubt, self.other.wait + self.other.doubt
        if tried <= max(canary.slower * other, other + UNNOTICED):
            return ""
        return (
            f"{self.service}: {self.tried.wait:.0f} ms to an answer, the other's {self.other.wait:.0f} ms "
            f"(at most {canary.slower:g} times that)"
        )


def _at_least(count: int, of: int, chance: float) -> float:
    """How likely at least `count` of so many are hit, if each has this chance; 1 if so many are expected."""
    if count <= of * chance or chance >= 1:
        return 1.0
    likely = 0.0
    for hit in range(count, of + 1):
        ways = lgamma(of + 1) - lgamma(hit + 1) - lgamma(of - hit + 1)
        more = exp(ways + hit * log(chance) + (of - hit) * log(1 - chance))
        likely += more
        if more < _NEGLIGIBLE:  # they get ever smaller from here
            break
    return likely
