"""Redis with its Sentinels, through which services coordinate."""

import re
from functools import partial

from suites.components.redis import keys, member, settings
from suites.faults.fault import cut_off, freeze, kill, lose
from suites.faults.fault_case import FaultCase, Scene, Strike
from suites.faults.guard import Quorum
from suites.harness.component import Component, Ignored, Kept, Use, units_run
from suites.hosts.reading import Observation
from suites.probes.spec import Kind

KEYS = (Kind.REDIS,)
UNITS = ("redis-server.service", "redis-sentinel.service")
KILL = partial(kill, unit=UNITS[0])


def of_use(use: Use) -> Observation:
    """Say whether the Sentinels agree on one master, and a key written to it can be read here."""
    members = {host.name: (host, member.read(host)) for host in use.carriers("redis")}
    agreed = member.one_master({name: read for name, (_, read) in members.items()})
    if not agreed.holds:
        return agreed
    (master,) = (host for host, read in members.values() if read.role == "master")
    written = keys.write(master, use.name, use.name, len(members) - 1)
    try:
        seen = {use.host.name: keys.get(use.host, use.name)}
    finally:
        keys.remove(master, use.name)
    return keys.read_back(use.name, seen) if written.holds else written


COMPONENT = Component(
    name="redis",
    # A replica counts as running only once it has its master's data: it notifies systemd only then.
    healthy=units_run(UNITS),
    units=UNITS,
    of_use=of_use,
    reports=settings.REPORTS,
    packages=("redis-server", "redis-sentinel"),
    # Redis marks warnings with #, many of which are not errors.
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
            most=600,  # one a second, for as long as a step may take
            while_deploying=True,
            sometimes=True,
        ),
    ),
    keeps=Kept("/var/lib/redis", "redis"),
    quorum=Quorum.MAJORITY,
    faults=(
        FaultCase("master_killed", KILL, Scene.keeping, KEYS),
        FaultCase("master_frozen", partial(freeze, unit=UNITS[0]), Scene.keeping, KEYS),
        FaultCase("master_lost", lose, Scene.keeping, KEYS),
        # With its clients on its side: it must refuse, and they must go to the others.
        FaultCase(
            "master_cut_off",
            partial(cut_off, component="redis"),
            Scene.keeping,
            KEYS,
            meanwhile=keys.refuses,
        ),
        FaultCase("replica_lost", lose, Scene.copying, KEYS, meanwhile=keys.written_without),
        FaultCase("all_killed", KILL, Scene.keeping, KEYS, takes=frozenset({"redis"}), also=(Strike(KILL),)),
    ),
    # Of the other hosts, too.
    looks_at=dict.fromkeys(("client_is_served", "sentinels_have_quorum"), frozenset({"redis"})),
    settled=lambda host, _: member.settled(host),
    tells=(
        r"[+-](s|o)down \w+",
        r"\+switch-master",
        r"\+promoted-slave",
        r"-failover-abort",
        r"\+vote-for-leader",
    ),
)
