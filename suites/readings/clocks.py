"""Whether the clocks of a host and of its processes are right.

A process may see another time than its host, so the host's `date` proves nothing about it. A line of its log
does: it contains the process's own time, and journald records when it received the line.
"""

import json
import re
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from suites.errors import ReadingFailed
from suites.hosts.host import Host
from suites.hosts.reading import Observation
from suites.readings.journal import DATED, NOTHING

NOW = "date '+%s.%N %z'"
WITHIN = 2.0
# On a busy host journald may receive a line late, so of several lines the one with the least delay counts.
LINES = 20
OSLO = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) ")
UWSGI = re.compile(r"\*\*\* Starting uWSGI .* on \[\w{3} (.+?)\] \*\*\*")


@dataclass(frozen=True, slots=True)
class Clock:
    """The time on a host, and how far the clock of each unit's process is ahead of it.

    The value is None for a unit that does not run, or that has logged no time since its start.
    """

    host: float
    ahead: dict[str, float | None]
    running: frozenset[str]


def script(units: Sequence[str]) -> str:
    """Return the script that prints the newest dated lines of each unit since its last start."""
    names = " ".join(shlex.quote(unit) for unit in units)
    return (
        f'for u in {names}; do echo "unit $u $(systemctl is-active $u)"; '
        "journalctl --quiet --no-pager --output=json --output-fields=MESSAGE --case-sensitive=true "
        f"_SYSTEMD_INVOCATION_ID=$(systemctl show -p InvocationID --value $u) "
        f"--grep={shlex.quote(DATED)} -n {LINES} || test $? -eq 1 || exit 1; done"
    )


def parse(text: str) -> Clock:
    """Parse the output of NOW followed by that of the script. Raises ReadingFailed."""
    first, *rest = text.splitlines() or [""]
    try:
        now, zone = first.split()
        offset = datetime.strptime(zone, "%z").utcoffset() or timedelta()
        ahead: dict[str, float | None] = {}
        running: set[str] = set()
        unit = ""
        for line in rest:
            if line.startswith("unit "):
                _, unit, state = line.split()
                ahead[unit] = None
                running |= {unit} if state == "active" else set()
            elif line and line != NOTHING:
                known = (ahead[unit], _ahead(line, timezone(offset)))
                ahead[unit] = min((one for one in known if one is not None), key=abs, default=None)
        return Clock(float(now), ahead, frozenset(running))
    except (ValueError, KeyError, TypeError) as error:
        raise ReadingFailed("the times can't be parsed", why=f"{type(error).__name__}: {error}") from None


def _ahead(line: str, zone: timezone) -> float | None:
    entry = json.loads(line)
    message = entry["MESSAGE"]
    if not isinstance(message, str):
        return None
    for pattern, form in ((OSLO, "%Y-%m-%d %H:%M:%S.%f"), (UWSGI, "%b %d %H:%M:%S %Y")):
        found = pattern.match(message)
        if found:
            own = datetime.strptime(found[1], form).replace(tzinfo=zone)
            came_in = datetime.fromtimestamp(int(entry["__REALTIME_TIMESTAMP"]) / 1e6, UTC)
            return (own - came_in).total_seconds()
    return None


def agrees(clock: Clock, asked: float, answered: float) -> Observation:
    """Say whether the clocks of a host and its units are right, by when it was asked and when it answered."""
    wrong, told = [], []
    if not asked - WITHIN <= clock.host <= answered + WITHIN:
        wrong.append(f"the host is {_far(clock.host - (asked + answered) / 2)}")
    for unit, ahead in clock.ahead.items():
        if unit not in clock.running:
            told.append(f"{unit} does not run")
        elif ahead is None:
            wrong.append(f"{unit} has not said what time it has")
        elif abs(ahead) > WITHIN:
            wrong.append(f"{unit} is {_far(ahead)} of its host")
        else:
            told.append(f"{unit} {ahead:+.3f} s")
    return Observation(holds=not wrong, seen=", ".join(wrong or ["the host has the right time", *told]))


def look(host: Host, units: Sequence[str]) -> Observation:
    """Say whether a host and its units have the same time as this machine. Raises ReadingFailed."""
    # The host's time is read alone: the shorter the call, the more precise the comparison.
    asked = time.time()
    now = host.read(NOW)
    answered = time.time()
    return agrees(parse(now + host.read(script(units))), asked, answered)


def _far(ahead: float) -> str:
    return f"{abs(ahead):.1f} s {'ahead' if ahead > 0 else 'behind'}"
