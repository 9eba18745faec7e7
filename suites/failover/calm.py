"""Whether probes are served again: nothing failed and nothing was missing for a while. Pure."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from suites.harness.observation import Observation
from suites.harness.probing.spec import Probe
from suites.harness.trace import Outcome, Request

ENOUGH = 0.8
LONGEST_GAP_S = 0.5
WAITED_PERIODS = 2


def calm(seen: Mapping[str, Sequence[Request]], asked: Sequence[Probe], now: float) -> Observation:
    """Say whether every probe had successes without a gap for its `calm_s` seconds, and no failure."""
    restless = []
    for probe in asked:
        name, rate, span = probe.name, probe.rate, probe.calm_s
        ended = [request for request in seen.get(name, ()) if now - span <= request.end <= now]
        failed = [request for request in ended if request.outcome is not Outcome.OK]
        if failed:
            restless.append(f"{name}: {failed[-1].error}")
            continue
        moments = sorted([now - span, *(request.end for request in ended), now])
        gap = max(later - earlier for earlier, later in pairwise(moments))
        if len(ended) < ENOUGH * rate * span or gap > max(LONGEST_GAP_S, WAITED_PERIODS / rate):
            restless.append(f"{name}: {len(ended)} successes in {span:g} s, {gap:.2f} s without one")
    return Observation(holds=not restless, seen="; ".join(restless) or "every probe is served")
