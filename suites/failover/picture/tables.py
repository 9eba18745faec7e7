"""The page's tables: the errors of failed requests, and the spread of gaps of repeated faults."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from suites.failover.analysis.measures import Verdict
from suites.failover.picture.subject import FaultPicture
from suites.probes.trace import Request, RequestOutcome

WIDTH = 520.0
ROOM = 1.08


@dataclass(frozen=True, slots=True)
class Failures:
    """One probe's failures with the same text; `first` and `last` are their ends after the fault."""

    probe: str
    outcome: str
    text: str
    count: int
    first: float
    last: float


def failures(fault: FaultPicture) -> tuple[Failures, ...]:
    """Return the failures within the window, the most frequent first."""
    window = fault.window
    groups: dict[tuple[str, RequestOutcome, str], list[Request]] = {}
    for probe in fault.probes:
        for request in probe.trace.requests:
            if request.outcome is not RequestOutcome.OK and window.begin <= request.end <= window.end:
                key = (probe.name, request.outcome, request.error or "")
                groups.setdefault(key, []).append(request)
    found = [_failures(key, requests, window.fault) for key, requests in groups.items()]
    return tuple(sorted(found, key=lambda one: (-one.count, one.first)))


def _failures(key: tuple[str, RequestOutcome, str], requests: Sequence[Request], fault: float) -> Failures:
    ends = [request.end - fault for request in requests]
    return Failures(key[0], key[1].value, key[2], len(ends), min(ends), max(ends))


@dataclass(frozen=True, slots=True)
class Spread:
    """The runs of one fault: how many passed, their longest gaps in seconds, their positions on a strip."""

    fault: str
    runs: int
    passed: int
    least: float
    median: float
    most: float
    budget: float | None
    dots: tuple[tuple[float, str], ...]
    budget_x: float | None
    width: float = WIDTH


def spreads(faults: Iterable[FaultPicture]) -> tuple[Spread, ...]:
    """Return a spread for each fault that was run more than once, in the order of their first runs."""
    groups: dict[str, list[FaultPicture]] = {}
    for fault in faults:
        groups.setdefault(fault.marks.fault, []).append(fault)
    return tuple(_spread(name, runs) for name, runs in groups.items() if len(runs) > 1)


def _spread(name: str, runs: Sequence[FaultPicture]) -> Spread:
    gaps = [run.worst.measures.longest_gap_s for run in runs]
    budgets = [run.worst.budget.longest_gap_s for run in runs if run.worst.budget is not None]
    budget = max(budgets, default=None)
    scale = WIDTH / (max(*gaps, *budgets) * ROOM or 1.0)
    return Spread(
        fault=name,
        runs=len(runs),
        passed=sum(run.verdict is Verdict.PASSED for run in runs),
        least=min(gaps),
        median=median(gaps),
        most=max(gaps),
        budget=budget,
        dots=tuple((round(gap * scale, 1), run.verdict.value) for gap, run in zip(gaps, runs, strict=True)),
        budget_x=None if budget is None else round(budget * scale, 1),
    )
