"""The three verdicts: the worst wins, and no evidence is not a pass."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """The verdict of a gate. Only PASS lets a release through."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    INCONCLUSIVE = "inconclusive"
    FAIL = "fail"


_ORDER = (Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of the verdicts; INCONCLUSIVE if there are none, since no evidence is not a pass."""
    ranks = [_ORDER.index(verdict) for verdict in verdicts]
    return _ORDER[max(ranks)] if ranks else Verdict.INCONCLUSIVE


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason why a gate did not pass. `host` is "-" when it concerns no single host."""

    verdict: Verdict
    component: str
    host: str
    check: str
    seen: str
    test: str = ""

    def name(self) -> str:
        """The test's name if there is one, else component and check."""
        return self.test or "/".join(part for part in (self.component, self.check) if part)


@dataclass(frozen=True, slots=True)
class Retake:
    """A failed measurement that was repeated: why it failed, and where its evidence is.

    `evidence` is a path within the gate's directory. A judgement is never repeated.
    """

    component: str
    host: str
    check: str
    why: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one run of a gate proved: the verdict, why, and how many of the roster's entries passed."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    passed: int
    wanted: int
    retakes: tuple[Retake, ...] = ()

    @property
    def judged(self) -> bool:
        """Whether the gate ran, and was judged by a roster. One that could not start wants no check."""
        return self.wanted > 0

    @property
    def summary(self) -> str:
        """The verdict, with the number of retakes if there were any."""
        count = len(self.retakes)
        if not count:
            return self.verdict.value
        return f"{self.verdict.value} ({count} {'retake' if count == 1 else 'retakes'})"
