"""Waiting until every probe is served, by what the probes themselves have written."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from suites.errors import NotWithin
from suites.failover.calm import calm
from suites.harness.observation import Observation
from suites.harness.probing.session import Probing
from suites.harness.probing.spec import CALM_S, Probe, probes

STEADY_WITHIN_S = 45.0
# Requests that are under way may yet take their time-out twice: to connect, and to be answered.
PHASES = 2


@dataclass(frozen=True, slots=True)
class Served:
    """The clients of a drill, and the clock by which they are watched."""

    probing: Probing
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    @property
    def calm_s(self) -> float:
        """How long the slowest of the probes must have been served to count as served."""
        return max((probe.calm_s for probe in self._probes()), default=CALM_S)

    def steady(self) -> float:
        """Wait until every probe is served, and return since when. Raises NotWithin: no fault then."""
        calm_now = self.until_calm(self.clock(), STEADY_WITHIN_S)
        if not calm_now.holds:
            raise NotWithin(
                f"clients were not served without failures within {STEADY_WITHIN_S:g} s, before any fault",
                why=calm_now.seen,
            )
        return self.clock() - self.calm_s

    def until_calm(self, since: float, within: float, *, afresh: bool = False) -> Observation:
        """Wait until every probe was served for long enough after `since`; returns the last look.

        `afresh`: what was due after `since` must do so by itself, also where a request takes long.
        """
        asked, span = self._probes(), self.calm_s
        reach = span + PHASES * max((probe.timeout_s for probe in asked), default=0.0)
        end = since + within
        while True:
            now = self.clock()
            seen = calm(self.probing.since(now - reach, self.probing.kinds), asked, now)
            if seen.holds and afresh:
                begin = max(now - reach, since)
                seen = calm(self.probing.since(begin, self.probing.kinds), asked, now)
            if now >= end or (now - since >= span and seen.holds):
                return seen
            self.sleep(0.1)

    def settle(self, begin: float, end: float) -> None:
        """Wait until what was due in a span of time has ended, as long as time-outs allow."""
        asked = self._probes()
        limit = end + PHASES * max((probe.timeout_s for probe in asked), default=0.0) + 0.1
        while self.clock() < limit:
            traces = self.probing.traces(begin, end, self.probing.kinds)
            due = {probe.name: math.floor(probe.rate * (end - begin)) for probe in asked}
            ended = {t.probe: sum(request.due >= begin for request in t.requests) for t in traces}
            if all(ended[name] >= number for name, number in due.items()):
                return
            self.sleep(0.1)

    def _probes(self) -> tuple[Probe, ...]:
        return tuple(probe for kind in self.probing.kinds for probe in probes(kind))
