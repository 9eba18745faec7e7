"""The three verdicts: the worst wins, and no evidence is not a pass."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from pipeline.core.reliance import Reliance


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
    """What one run of a gate proved: the verdict, why, and how many of the roster's entries passed.

    `reused` is how many of those that passed were not run, because an attempt had passed them: by attempt.
    `reliance` is what the findings rest on, empty without any; the causes come first among them.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    passed: int
    wanted: int
    retakes: tuple[Retake, ...] = ()
    reused: Mapping[str, int] = field(default_factory=dict, hash=False)
    reliance: Reliance = field(default_factory=Reliance, hash=False)

    @property
    def origins(self) -> tuple[str, ...]:
        """How many of those that passed come from which attempt, each as `203 from p12`."""
        return tuple(f"{count} from {attempt}" for attempt, count in self.reused.items())

    @property
    def aside(self) -> str:
        """What was reused and the number of retakes, in brackets after a space; empty if there is neither."""
        count = len(self.retakes)
        retaken = (f"{count} {'retake' if count == 1 else 'retakes'}",) if count else ()
        told = ", ".join((*self.origins, *retaken))
        return f" ({told})" if told else ""

    @property
    def judged(self) -> bool:
        """Whether the gate ran, and was judged by a roster. One that could not start wants no check."""
        return self.wanted > 0

    @property
    def summary(self) -> str:
        """The verdict; with what was reused and the number of retakes, if there is any."""
        return f"{self.verdict.value}{self.aside}"
