"""Whether the pools of one colour had a server up all the time.

While one has none, load balancers have the other colour answer hosts of this one: what its services do then
says nothing about it. Clients in its preview notice by themselves: they get 503.
"""

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from suites.components.haproxy.pools import named
from suites.components.haproxy.status import SHOW_STAT
from suites.errors import ReadingFailed
from suites.hosts.host import Host
from suites.hosts.reading import Observation
from suites.seam.target import Target

BACKEND = "1"
ROUNDED = 1.0  # HAProxy tells whole seconds


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool as a load balancer has it: its state, and for how many seconds it has been in it."""

    status: str
    lasts: float


Pools = Mapping[str, Pool]


def read(host: Host) -> Pools:
    """Return a load balancer's pools by name. Raises ReadingFailed."""
    return parse(host.read(SHOW_STAT))


def parse(text: str) -> Pools:
    """Parse the pools from the CSV of `show stat`. Raises ReadingFailed."""
    try:
        rows = list(csv.DictReader(text.removeprefix("# ").splitlines()))
        return {
            row["pxname"]: Pool(row["status"], float(row["lastchg"]))
            for row in rows
            if row["type"] == BACKEND
        }
    except (KeyError, TypeError, ValueError) as error:
        raise ReadingFailed("the output of `show stat` can't be parsed", why=str(error)) from None


def own(target: Target, served_by: Mapping[str, str]) -> tuple[str, ...]:
    """Return the pools of the colour under test; `served_by` has the component of each service."""
    found = (
        named(backend, host.colour)
        for backend, component in served_by.items()
        for host in target.carrying(component)
        if host.colour is not None
    )
    return tuple(dict.fromkeys(found))


def stayed_up(seen: Mapping[str, Pools], wanted: Collection[str], since: float) -> Observation:
    """Say whether the wanted pools had a server up for the last `since` seconds, at every load balancer."""
    wrong = [
        f"{balancer}: {pool} {why}"
        for balancer, there in seen.items()
        for pool in wanted
        if (why := _why_not(there.get(pool), since))
    ]
    if not seen or not wanted:
        wrong.append("there is no pool to look at")
    return Observation(
        holds=not wrong,
        seen="; ".join(wrong) or f"{', '.join(wanted)} up at {', '.join(seen)} since the last step",
    )


def _why_not(pool: Pool | None, since: float) -> str:
    if pool is None:
        return "is not known"
    if pool.status != "UP":
        return f"is {pool.status}"
    if pool.lasts + ROUNDED < since:
        return f"is UP for {pool.lasts:g} s, and the last step ended {since:.0f} s ago"
    return ""
