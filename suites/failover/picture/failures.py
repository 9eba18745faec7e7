"""What failed requests said, the same text once, with how often and when."""

from collections.abc import Sequence
from dataclasses import dataclass

from suites.failover.picture.subject import FaultPicture
from suites.probes.trace import Request, RequestOutcome


@dataclass(frozen=True, slots=True)
class Failures:
    """The failures of one probe that said the same; `first` and `last` ended so long after the fault."""

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
