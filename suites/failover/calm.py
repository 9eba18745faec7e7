"""Whether probes are served again: for a while, no request failed and none was missing. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from suites.failover.analysis.measures import MAY_MISS, Enough
from suites.failover.analysis.measuring import LATE_S
from suites.probes.spec import Probe
from suites.probes.trace import Request, RequestOutcome, Trace

ENOUGH = 0.8
LONGEST_GAP_S = 0.5
WAITED_PERIODS = 2


@dataclass(frozen=True, slots=True)
class Calm:
    """Whether clients are served, in words; if not, whether requests failed or were only too few.

    Failures count against the stage. Too few requests without a failure, or failures of a probe that itself
    stalled, prove nothing yet.
    """

    holds: bool
    seen: str
    failures: bool = False


def calm(seen: Mapping[str, Sequence[Request]], asked: Sequence[Probe], now: float) -> Calm:
    """Say whether every probe had successes without a gap, and no failure, for as long as the slowest needs.

    All probes are judged over the same time.
    """
    restless, failures = [], False
    span = max((probe.calm_s for probe in asked), default=0.0)
    for probe in asked:
        name, rate = probe.name, probe.rate
        ended = [request for request in seen.get(name, ()) if now - span <= request.end <= now]
        failed = [request for request in ended if request.outcome is not RequestOutcome.OK]
        if failed:
            late = _late(ended)
            restless.append(f"{name}: {_failure(failed, late=late)}")
            failures = failures or not late
            continue
        moments = sorted([now - span, *(request.end for request in ended), now])
        gap = max(later - earlier for earlier, later in pairwise(moments))
        due = rate * span
        # No fewer than the judgement will need.
        needed = max(ENOUGH * due, min(Enough().rate * due, math.floor(due) - MAY_MISS))
        if len(ended) < needed or gap > max(LONGEST_GAP_S, WAITED_PERIODS / rate):
            restless.append(f"{name}: {len(ended)} successes in {span:g} s, {gap:.2f} s without one")
    return Calm(not restless, "; ".join(restless) or "every probe is served", failures)


def usable(traces: Iterable[tuple[Trace, Enough]], begin: float, now: float) -> Calm:
    """Say whether the baseline from `begin` until now has what the judgement will need."""
    lacking, failures = [], False
    for trace, enough in traces:
        ended = [request for request in trace.requests if begin <= request.end <= now]
        failed = [request for request in ended if request.outcome is not RequestOutcome.OK]
        if failed:
            late = _late(ended)
            lacking.append(f"{trace.probe}: {_failure(failed, late=late)}")
            failures = failures or not late
            continue
        long = now - min((request.end for request in ended), default=now)
        if len(ended) < enough.baseline_samples or long < enough.baseline_s:
            lacking.append(
                f"{trace.probe}: {len(ended)} successes in {long:.2f} s; at least {enough.baseline_samples} "
                f"in {enough.baseline_s:g} s are needed"
            )
    return Calm(not lacking, "; ".join(lacking) or "the baseline is usable", failures)


def _late(ended: Sequence[Request]) -> bool:
    """Whether the probe itself stalled, in which case its timeouts, which keep running, prove nothing."""
    return any(request.start - request.due > LATE_S for request in ended)


def _failure(failed: Sequence[Request], *, late: bool) -> str:
    return f"{failed[-1].error}{', but the probe was late itself' if late else ''}"
