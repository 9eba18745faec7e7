"""MongoDB as a replica set. Unproven: no server could be installed where this was written.

It declares no fault: a primary that is killed or lost would need a probe that writes through pymongo, a scene
that knows the primary, and a formula from election_timeout, and no part of that could be tried.
"""

from suites.harness.component import Component
from suites.harness.faults.guard import Quorum
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.units import look

UNITS = ("mongod.service",)
STATE = "/usr/local/lib/stagegate/mongodb-state"
SERVING = ("primary", "secondary")


def healthy(host: Host) -> Observation:
    """The server runs, and says of itself that it is primary or secondary."""
    running = look(host, UNITS)
    if not running.holds:
        return running
    state = host.ask(STATE).stdout.strip()
    return Observation(holds=state in SERVING, seen=f"{running.seen}, {state or 'state unknown'}")


COMPONENT = Component(
    name="mongodb",
    healthy=healthy,
    units=UNITS,
    # In mongod's JSON log E is an error, F is fatal.
    errors=(r'"s":\s*"[EF]"',),
    quorum=Quorum.MAJORITY,
    tells=(r"Election succeeded", r"Member is in new state", r"Stepping down"),
)
