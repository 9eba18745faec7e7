"""MongoDB as a replica set. Unproven: no server could be installed where this was written.

It declares no fault: to kill or lose a primary needs a probe that writes through pymongo, a scene that knows
the primary, and a formula from election_timeout; none of that could be tested.
"""

from suites.components.mongodb import replica_set
from suites.faults.guard import Quorum
from suites.harness.component import Component, Use
from suites.hosts.host import Host, Output
from suites.hosts.reading import Observation, Reading, running

UNITS = ("mongod.service",)
STATE = "/usr/local/lib/stagegate/mongodb-state"
SERVING = ("primary", "secondary")


def healthy(_host: Host) -> tuple[Reading, ...]:
    """Return the readings of whether the server runs, and reports that it is primary or secondary."""
    return running(UNITS), Reading(STATE, serves)


def serves(output: Output) -> Observation:
    """Say whether the member is in a state in which it serves clients."""
    state = output.stdout.strip()
    return Observation(holds=state in SERVING, seen=state or "state unknown")


def of_use(use: Use) -> Observation:
    """Say whether a row reaches every member."""
    return replica_set.row(use.clients, use.target, use.target.carrying("mongodb"), use.name)


COMPONENT = Component(
    name="mongodb",
    healthy=healthy,
    units=UNITS,
    of_use=of_use,
    # In mongod's JSON log, E is an error and F is fatal.
    errors=(r'"s":\s*"[EF]"',),
    quorum=Quorum.MAJORITY,
    tells=(r"Election succeeded", r"Member is in new state", r"Stepping down"),
)
