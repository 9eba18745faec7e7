"""What the hosts themselves logged during a fault: evictions, states, servers up and down."""

import re
import shlex
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from suites.errors import ReadingFailed
from suites.failover.marks import Event
from suites.failover.stage import Stage
from suites.harness.component import Component
from suites.hosts.host import Host
from suites.readings import journal

MOST = 80
SAME_S = 0.1


def host_events(stage: Stage, begin: float, end: float) -> tuple[Event, ...]:
    """Return what the stage's components logged between `begin` and `end`, in order of time.

    Both are moments of the monotonic clock. An unreachable host is left out: events are only for people.
    """
    # The hosts share this machine's clock; their journals have its wall-clock time.
    wall = time.time() - time.monotonic()
    asked = [
        (stage.fleet[host.name], component)
        for component in stage.components
        if component.tells
        for host in stage.target.carrying(component.name)
    ]
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda pair: _of(pair[0], pair[1], wall + begin), asked)
        events = [Event(at - wall, what) for those in found for at, what in those]
    within = sorted((event for event in events if begin <= event.at <= end), key=lambda event: event.at)
    return once(within)[:MOST]


def once(events: Sequence[Event]) -> tuple[Event, ...]:
    """Drop events repeated within SAME_S: HAProxy logs to both syslog and its own stderr."""
    last: dict[str, float] = {}
    kept = []
    for event in events:
        before = last.get(event.what)
        if before is None or event.at - before >= SAME_S:
            kept.append(event)
        last[event.what] = event.at
    return tuple(kept)


def _of(host: Host, component: Component, since: float) -> list[tuple[float, str]]:
    units = " ".join(f"-u {shlex.quote(unit)}" for unit in component.units)
    script = f"journalctl --quiet --no-pager --output=json --since=@{since:.3f} {units}"
    try:
        lines = journal.parse(host.read(script))
    except ReadingFailed:
        return []
    return [
        (line.at.timestamp(), f"{host.name}: {what}")
        for line in lines
        if (what := _what(component, line.text))
    ]


def _what(component: Component, text: str) -> str | None:
    matches = (re.search(pattern, text) for pattern in component.tells)
    return next((match[0] for match in matches if match is not None), None)
