"""Waiting until every probe is served, by what the probes themselves have written."""

from collections.abc import Callable
from dataclasses import dataclass

from suites.errors import NotWithin
from suites.failover.calm import calm
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
        started = self.clock()
        since = self.until_calm(started, STEADY_WITHIN_S)
        if since >= started + STEADY_WITHIN_S:
            now = self.clock()
            last = self.probing.since(now - 2 * CALM_S, self.probing.kinds)
            seen = calm(last, self._rates(), CALM_S, now)
            raise NotWithin(
                f"clients were not served without failures within {STEADY_WITHIN_S:g} s, before any fault",
                why=seen.seen,
            )
        return since

    def until_calm(self, since: float, within: float) -> float:
        """Wait until every probe has been served for a while after `since`, and return since when.

        When the time is over first, return that moment.
        """
        rates = self._rates()
        end = since + within
        while True:
            now = self.clock()
            seen = self.probing.since(now - 2 * CALM_S, self.probing.kinds)
            if now - since >= CALM_S and calm(seen, rates, CALM_S, now).holds:
                return now - CALM_S
            if now >= end:
                return now
            self.sleep(0.1)

    def _rates(self) -> dict[str, float]:
        return {probe.name: probe.rate for kind in self.probing.kinds for probe in probes(kind)}
