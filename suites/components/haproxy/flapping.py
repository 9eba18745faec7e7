"""Whether servers go down and up all the time: each is up whenever it is looked at, and its counters tell.

HAProxy counts how often a server went down, and tells for how long its state has not changed. Going down once
is what health checks are for. Twice within the gate and the time before it is a server that does not stay up.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from suites.components.haproxy.status import Server
from suites.faults.drills import Drilled
from suites.hosts.reading import Observation
from suites.seam.target import Target

MOST = 1
# For how long before the first look it counts that a server went down, if nothing explains that.
BEFORE_S = 120.0
# For so many seconds after a deployment or a fault that is explained: hosts come back. HAProxy rounds them.
AFTERWARDS_S = 15.0
# The least time from the first look to the second. Other checks of the gate usually take longer.
LASTING_S = 12.0


@dataclass(frozen=True, slots=True)
class Looked:
    """The servers of a load balancer at a moment of this machine's monotonic clock."""

    at: float
    servers: tuple[Server, ...]


def explained_until(target: Target, drilled: Iterable[Drilled]) -> datetime:
    """Return when the last thing ended that takes servers down on purpose: a deployment, a step, a fault."""
    ends = [one.end for one in drilled if one.end is not None]
    return max([target.settled_at, *ends, *([target.resumed_at] if target.resumed_at is not None else [])])


def stay_up(first: Looked, second: Looked, unexplained_s: float) -> Observation:
    """Say whether no server of a load balancer went down more than once.

    `unexplained_s` is for how long before the first look nothing explains that a server went down. What
    HAProxy counted before a restart it has forgotten.
    """
    before = {(one.backend, one.name): one for one in first.servers}
    counts = {one: _downs(before.get((one.backend, one.name)), one, unexplained_s) for one in second.servers}
    lasted = second.at - first.at
    wrong = [
        f"{one.backend}/{one.name} went down {count} times in {lasted + min(unexplained_s, BEFORE_S):.0f} s"
        for one, count in counts.items()
        if count > MOST
    ]
    once = [f"{one.backend}/{one.name}" for one, count in counts.items() if count == MOST]
    if wrong or not counts:
        return Observation(holds=False, seen="; ".join(wrong) or "there is no server in any backend")
    told = f"{len(counts)} servers stayed up for {lasted:.0f} s"
    return Observation(holds=True, seen=f"{told}, but {', '.join(once)} went down once" if once else told)


def _downs(before: Server | None, now: Server, unexplained_s: float) -> int:
    if before is None or now.downs < before.downs:
        return now.downs
    lately = before.downs > 0 and before.unchanged_s < min(unexplained_s, BEFORE_S)
    return now.downs - before.downs + int(lately)


def unexplained(first: float, now: float, age_s: float) -> float:
    """Return for how long before a look nothing explains what it saw; none of it, if something still may.

    `age_s` is how long ago, at the moment `now` of the look's own clock, the last explanation ended.
    """
    return max(0.0, age_s - (now - first) - AFTERWARDS_S)
