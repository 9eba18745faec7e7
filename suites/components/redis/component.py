"""Redis with its Sentinels, where services agree on who may do what."""

import re

from suites.components.redis import settled
from suites.harness.component import Component, Ignored
from suites.harness.faults.fault import freeze, kill, lose
from suites.harness.faults.guard import Quorum
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.probing.spec import Kind
from suites.harness.suffering import Scene, Suffering
from suites.harness.units import look

KEYS = (Kind.REDIS,)
UNITS = ("redis-server.service", "redis-sentinel.service")


def healthy(host: Host) -> Observation:
    """Both run. A replica counts as running when it has its master's data: systemd is told only then."""
    return look(host, UNITS)


COMPONENT = Component(
    name="redis",
    healthy=healthy,
    units=UNITS,
    packages=("redis-server", "redis-sentinel"),
    # Redis marks with # what is worth a look, and much of that is no error.
    errors=(
        r"FATAL CONFIG FILE ERROR",
        r"REDIS BUG REPORT",
        r" # (Fatal|Failed|Failing|Can't|Could not|Unable|Bad |Short |Internal error|Write error|Error)",
        r"Can't save in background",
        r"Asynchronous AOF fsync is taking too long",
        r"WARNING: Sentinel was not able to save the new configuration",
    ),
    ignored=(
        Ignored(
            re.compile(r"\d+:S .* # Error condition on socket for SYNC: Connection refused"),
            "a replica with data may be started before its master, and asks again a second later",
            while_deploying=True,
            sometimes=True,
        ),
    ),
    quorum=Quorum.MAJORITY,
    suffers=(
        Suffering("master_killed", lambda target, host: kill(target, host, UNITS[0]), Scene.keeping, KEYS),
        Suffering("master_frozen", lambda target, host: freeze(target, host, UNITS[0]), Scene.keeping, KEYS),
        Suffering("master_lost", lose, Scene.keeping, KEYS),
    ),
    settled=settled.look,
    tells=(
        r"[+-](s|o)down \w+",
        r"\+switch-master",
        r"\+promoted-slave",
        r"-failover-abort",
        r"\+vote-for-leader",
    ),
)
