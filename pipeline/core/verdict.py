"""Verdicts: three of them, the worst wins, and no evidence is not a pass."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What a gate said. Only PASS lets a release through."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    INCONCLUSIVE = "inconclusive"
    FAIL = "fail"


_ORDER = (Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of them; of none: INCONCLUSIVE, since no evidence is no pass."""
    ranks = [_ORDER.index(verdict) for verdict in verdicts]
    return _ORDER[max(ranks)] if ranks else Verdict.INCONCLUSIVE


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that kept a gate from being green. `host` is "-" where no single host is meant."""

    verdict: Verdict
    component: str
    host: str
    check: str
    seen: str
    test: str = ""

    def name(self) -> str:
        """The test's own name where there is one, else component and check."""
        return self.test or "/".join(part for part in (self.component, self.check) if part)


@dataclass(frozen=True, slots=True)
class Retake:
    """A check that measured again what could not be measured: why, and where the first time lies.

    `evidence` is a path within the gate's directory. A judgement is never taken again.
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
    def summary(self) -> str:
        """The verdict, with the number of retakes where there was one."""
        count = len(self.retakes)
        if not count:
            return self.verdict.value
        return f"{self.verdict.value} ({count} {'retake' if count == 1 else 'retakes'})"
