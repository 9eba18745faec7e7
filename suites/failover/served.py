"""Waits until every probe is served, judging by the probes' own traces."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from suites.errors import NotMeasured, NotWithin
from suites.failover.calm import Calm, calm
from suites.probes.session import Probing
from suites.probes.spec import CALM_S, Probe, probes
from suites.probes.trace import Trace

STEADY_WITHIN_S = 45.0
BASELINE_WITHIN_S = 45.0
# If nothing failed but too little was seen, probes are slow or late: they get this plus one timeout more.
PATIENCE_S = 10.0
# A request in progress may take its timeout twice: to connect, and to be answered.
PHASES = 2


@dataclass(frozen=True, slots=True)
class Served:
    """The probes of a drill, and the clock by which they are watched."""

    probing: Probing
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    @property
    def calm_s(self) -> float:
        """How long the slowest probe must have been answered to count as served."""
        return max((probe.calm_s for probe in self._probes()), default=CALM_S)

    def steady(self) -> float:
        """Wait until every probe is served, and return since when.

        Raises NotWithin if clients saw failures, NotMeasured if too little was seen: then there is no fault.
        """
        span = self.calm_s
        calm_now = self.until_calm(self.clock() - span, span + STEADY_WITHIN_S)
        if not calm_now.holds:
            raise _unsteady(calm_now, STEADY_WITHIN_S)
        return self.clock() - span

    def baseline(self, begin: float, usable: Callable[[float, float], Calm]) -> float:
        """Wait until there is a baseline since `begin`, restarting it after a failure; return its begin.

        `usable` says whether a span of time is a baseline. Raises as `steady`.
        """
        limit = self.clock() + BASELINE_WITHIN_S
        while True:
            now = self.clock()
            seen = usable(begin, now)
            if seen.holds:
                return begin
            if now >= limit:
                raise _unsteady(seen, BASELINE_WITHIN_S)
            if seen.failures:
                begin = self.steady()
            self.sleep(0.1)

    def until_calm(self, since: float, within: float, *, afresh: bool = False) -> Calm:
        """Wait until every probe was served for long enough after `since`; return the last observation.

        While nothing fails, it waits longer than `within`, since probes may only be slow. With `afresh`, only
        requests due after `since` count, even if a request takes long.
        """
        asked, span = self._probes(), self.calm_s
        slowest = max((probe.timeout_s for probe in asked), default=0.0)
        reach = span + PHASES * slowest
        end = since + within
        while True:
            now = self.clock()
            seen = calm(self.probing.since(now - reach, self.probing.kinds), asked, now)
            if seen.holds and afresh:
                begin = max(now - reach, since)
                seen = calm(self.probing.since(begin, self.probing.kinds), asked, now)
            patience = 0.0 if seen.failures else PATIENCE_S + slowest
            if now >= end + patience or (now - since >= span and seen.holds):
                return seen
            self.sleep(0.1)

    def settle(self, begin: float, end: float) -> None:
        """Wait until the requests due between `begin` and `end` have ended, at most until they time out.

        A probe may have started after `begin`: none of its requests was due before.
        """
        asked = self._probes()
        limit = end + PHASES * max((probe.timeout_s for probe in asked), default=0.0) + 0.1
        while self.clock() < limit:
            traces = self.probing.traces(begin, end, self.probing.kinds)
            if all(_have_ended(trace, begin, end) for trace in traces):
                return
            self.sleep(0.1)

    def _probes(self) -> tuple[Probe, ...]:
        return tuple(probe for kind in self.probing.kinds for probe in probes(kind))


def _have_ended(trace: Trace, begin: float, end: float) -> bool:
    due = math.floor(trace.rate * (end - trace.started))
    return sum(request.due >= begin for request in trace.requests) >= due


def _unsteady(seen: Calm, within: float) -> NotWithin | NotMeasured:
    if seen.failures:
        what = f"clients saw failures for {within:g} s, before any fault"
        return NotWithin(what, why=seen.seen)
    return NotMeasured(f"too few requests ended within {within:g} s, before any fault", why=seen.seen)
