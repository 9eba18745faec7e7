"""Whether a Redis has got over a failover: one that was the master before follows the new one."""

from suites.components.redis.asking import REPLICATION, SERVER, fields, script
from suites.hosts.host import Host, stdout_of
from suites.hosts.observation import Observation
from suites.hosts.reading import Reading

# Told only by a Redis that must not be a master alone.
GOOD = "min_slaves_good_slaves"


def settled(host: Host) -> tuple[Reading, ...]:
    """The host's Redis is a master that is followed, or a replica with its data."""
    return (Reading(script(host, SERVER, *REPLICATION), lambda output: judge(stdout_of(output))),)


def judge(replication: str) -> Observation:
    """Say it by the answer of INFO. One that woke up and takes itself for the master has no followers."""
    info = fields(replication)
    if info.get("role") == "master":
        return Observation(info.get(GOOD) != "0", f"master of {info.get('connected_slaves')} replicas")
    in_sync = info.get("master_link_status") == "up" and info.get("master_sync_in_progress") == "0"
    return Observation(in_sync, f"replica, its link is {info.get('master_link_status', 'unknown')}")
