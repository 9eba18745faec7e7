"""Waiting until every probe is served, by what the probes themselves have written."""

from collections.abc import Callable
from dataclasses import dataclass

from suites.errors import NotWithin
from suites.failover.calm import calm
from suites.harness.observation import Observation
from suites.harness.probing.session import Probing
from suites.harness.probing.spec import probes

CALM_S = 2.2
STEADY_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Served:
    """The clients of a drill, and the clock by which they are watched."""

    probing: Probing
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    def steady(self) -> float:
        """Wait until every probe is served, and return since when. Raises NotWithin: no fault then."""
        calm_now = self.until_calm(self.clock(), STEADY_WITHIN_S)
        if not calm_now.holds:
            raise NotWithin(
                f"clients were not served without failures within {STEADY_WITHIN_S:g} s, before any fault",
                why=calm_now.seen,
            )
        return self.clock() - CALM_S

    def until_calm(self, since: float, within: float) -> Observation:
        """Wait until every probe was served for CALM_S seconds after `since`; returns the last look."""
        rates = self._rates()
        end = since + within
        while True:
            now = self.clock()
            seen = calm(self.probing.since(now - 2 * CALM_S, self.probing.kinds), rates, CALM_S, now)
            if now >= end or (now - since >= CALM_S and seen.holds):
                return seen
            self.sleep(0.1)

    def _rates(self) -> dict[str, float]:
        return {probe.name: probe.rate for kind in self.probing.kinds for probe in probes(kind)}
