"""What a picture shows, as values: a gate run, its faults, and what each probe saw."""

from dataclasses import dataclass
from datetime import datetime

from suites.failover.analysis.acknowledged import WriteFindings
from suites.failover.analysis.measures import Budget, Measures, Verdict
from suites.failover.marks import Marks
from suites.probes.trace import Trace, Window


@dataclass(frozen=True, slots=True)
class ProbePicture:
    """One probe: its trace, its measures, and the budget that judged it, if there is one."""

    trace: Trace
    measures: Measures
    budget: Budget | None = None

    @property
    def name(self) -> str:
        """Return the probe's name in tables."""
        return f"{self.trace.kind}, {self.trace.connection} connection"

    @property
    def strain(self) -> tuple[bool, float]:
        """Return a sort key: the longest gap relative to its budget; probes without a budget come lowest."""
        if self.budget is None or self.budget.longest_gap_s <= 0:
            return False, self.measures.longest_gap_s
        return True, self.measures.longest_gap_s / self.budget.longest_gap_s


@dataclass(frozen=True, slots=True)
class FaultPicture:
    """One fault: its marks, the window to draw, at least one probe, lost writes and the verdict.

    `why` are the reasons of a verdict that is not a pass. `writes` is None if no write was checked;
    `beside` says what became of messages and keys.
    """

    marks: Marks
    window: Window
    probes: tuple[ProbePicture, ...]
    verdict: Verdict
    why: tuple[str, ...] = ()
    writes: WriteFindings | None = None
    beside: tuple[str, ...] = ()

    @property
    def worst(self) -> ProbePicture:
        """Return the probe that came nearest to its budget, or waited longest if none has a budget."""
        return max(self.probes, key=lambda probe: probe.strain)

    @property
    def errors(self) -> int:
        """Return how many requests of all probes failed."""
        return sum(probe.measures.errors for probe in self.probes)

    @property
    def recovered_after_s(self) -> float | None:
        """Return when the last probe recovered, None if one did not."""
        times = [probe.measures.recovered_after_s for probe in self.probes]
        return None if None in times else max(time for time in times if time is not None)


@dataclass(frozen=True, slots=True)
class Broken:
    """A fault with nothing to draw: it failed before it was judged, or could not be measured."""

    fault: str
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class GatePicture:
    """One run of a gate on a stage; `started` has a time zone."""

    gate: str
    stage: str
    release: str
    started: datetime
    faults: tuple[FaultPicture, ...]
    broken: tuple[Broken, ...] = ()
