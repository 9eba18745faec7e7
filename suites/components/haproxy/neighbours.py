"""Whether the pools of one colour had a server up all the time.

While one has none, load balancers have the other colour answer hosts of this one: what its services do then
says nothing about it. Clients in its preview notice by themselves: they get 503.

HAProxy remembers nothing of before its last start or reload. What it can't know proves nothing.
"""

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from suites.components.haproxy.pools import named
from suites.components.haproxy.status import SHOW_INFO_AND_STAT
from suites.errors import ReadingFailed
from suites.hosts.host import Host
from suites.neighbours.crossing import Said
from suites.seam.report import Outcome
from suites.seam.target import Target

BACKEND = "1"
ROUNDED = 1.0  # HAProxy tells whole seconds
TABLE = "# pxname,"
UPTIME = "Uptime_sec: "


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool as a load balancer has it: its state, and for how many seconds it has been in it."""

    status: str
    lasts: float


@dataclass(frozen=True, slots=True)
class Remembered:
    """What HAProxy knows at one load balancer: for how many seconds it has run, and its pools by name."""

    runs: float
    pools: Mapping[str, Pool]


def read(host: Host) -> Remembered:
    """Return what a load balancer knows of its pools. Raises ReadingFailed."""
    return parse(host.read(SHOW_INFO_AND_STAT))


def parse(text: str) -> Remembered:
    """Parse what `show info` and the CSV of `show stat` tell. Raises ReadingFailed."""
    info, _, table = text.partition(TABLE)
    try:
        (runs,) = [line.removeprefix(UPTIME) for line in info.splitlines() if line.startswith(UPTIME)]
        rows = csv.DictReader(f"{TABLE.removeprefix('# ')}{table}".splitlines())
        pools = {
            row["pxname"]: Pool(row["status"], float(row["lastchg"]))
            for row in rows
            if row["type"] == BACKEND
        }
        return Remembered(float(runs), pools)
    except (KeyError, TypeError, ValueError) as error:
        why = f"show info; show stat: {error}"
        raise ReadingFailed("what HAProxy tells of its pools can't be parsed", why=why) from None


def own(target: Target, served_by: Mapping[str, str]) -> tuple[str, ...]:
    """Return the pools of the colour under test; `served_by` has the component of each service."""
    found = (
        named(backend, host.colour)
        for backend, component in served_by.items()
        for host in target.carrying(component)
        if host.colour is not None
    )
    return tuple(dict.fromkeys(found))


def stayed_up(seen: Mapping[str, Remembered], wanted: Collection[str], since: float) -> Said:
    """Say whether the wanted pools had a server up for the last `since` seconds, at every load balancer.

    INCONCLUSIVE if as much as is known of them is well, and a load balancer does not know as much.
    """
    wrong = [
        f"{balancer}: {pool} {why}"
        for balancer, there in seen.items()
        for pool in wanted
        if (why := _why_not(there.pools.get(pool), min(since, there.runs), since))
    ]
    if not seen or not wanted:
        wrong.append("there is no pool to look at")
    if wrong:
        return Said(Outcome.FAILED, "; ".join(wrong))
    forgetful = [
        f"{balancer}: HAProxy was started or reloaded {there.runs:g} s ago and knows nothing of before;"
        f" the last step ended {since:.0f} s ago"
        for balancer, there in seen.items()
        if there.runs + ROUNDED < since
    ]
    if forgetful:
        return Said(Outcome.INCONCLUSIVE, "; ".join(forgetful))
    return Said(Outcome.PASSED, f"{', '.join(wanted)} up at {', '.join(seen)} since the last step")


def _why_not(pool: Pool | None, known: float, since: float) -> str:
    if pool is None:
        return "is not known"
    if pool.status != "UP":
        return f"is {pool.status}"
    if pool.lasts + ROUNDED < known:
        return f"is UP for {pool.lasts:g} s, and the last step ended {since:.0f} s ago"
    return ""
