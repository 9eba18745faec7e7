"""What Redis and its Sentinel report of themselves and of the master; the password stays on the host."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from suites.errors import ReadingFailed
from suites.hosts.durations import seconds
from suites.hosts.host import Host, stdout_of
from suites.hosts.places import REDIS, REDIS_MASTER, SENTINEL
from suites.hosts.reading import Observation, Reading

# The commands for Redis's own state, for the Sentinel's view of the master, and for its periods.
REPLICATION = ("INFO", "replication")
WATCHED = ("SENTINEL", "MASTER", REDIS_MASTER)
PERIODS = ("SENTINEL", "DEBUG")
CLIENT = "/etc/redis/stagegate-client.env"
# Only a Redis that must not be a master without replicas reports this.
GOOD = "min_slaves_good_slaves"


def ask(host: Host, port: int, *command: str) -> str:
    """Return what redis-cli prints for a command. Raises ReadingFailed, also if the answer is an error."""
    return host.read(script(host, port, *command))


def script(host: Host, port: int, *command: str) -> str:
    """Return the script that sends a command to a host's own Redis or Sentinel."""
    cli = shlex.join(["timeout", "5", "redis-cli", "-e", "-h", host.address, "-p", str(port), *command])
    return f"set -a; . {CLIENT}; {cli}"


def pairs(text: str) -> dict[str, str]:
    """Parse an answer that alternates names and values, one per line."""
    lines = text.splitlines()
    return dict(zip(lines[::2], lines[1::2], strict=False))


def fields(text: str) -> dict[str, str]:
    """Parse the names and values of an answer to INFO."""
    lines = (line.partition(":") for line in text.splitlines() if ":" in line and not line.startswith("#"))
    return {name: value.strip() for name, _, value in lines}


@dataclass(frozen=True, slots=True)
class Member:
    """A host's Redis (its role and replication), and the master (`named`) and timers of its Sentinel.

    Hosts are given as addresses, times in seconds.
    """

    address: str
    role: str
    follows: str
    link: str
    syncing: bool
    replicas: int
    named: str
    down_after: float
    failover_timeout: float
    info_period: float


def read(host: Host) -> Member:
    """Read a host's Redis and Sentinel. Raises ReadingFailed."""
    return parse(host.address, *(host.read(script) for script in scripts(host)))


def scripts(host: Host) -> tuple[str, str, str]:
    """Return the scripts that read a host's member."""
    return (
        script(host, REDIS, *REPLICATION),
        script(host, SENTINEL, *WATCHED),
        script(host, SENTINEL, *PERIODS),
    )


def parse(address: str, replication: str, watched: str, periods: str) -> Member:
    """Parse a member from the answers to INFO, SENTINEL MASTER and SENTINEL DEBUG. Raises ReadingFailed."""
    info, master, inner = fields(replication), pairs(watched), pairs(periods)
    try:
        return Member(
            address=address,
            role=info["role"],
            follows=info.get("master_host", ""),
            link=info.get("master_link_status", ""),
            syncing=info.get("master_sync_in_progress", "0") != "0",
            replicas=int(info["connected_slaves"]),
            named=master["ip"],
            down_after=int(master["down-after-milliseconds"]) / 1000,
            failover_timeout=int(master["failover-timeout"]) / 1000,
            info_period=int(inner["INFO-PERIOD"]) / 1000,
        )
    except (KeyError, ValueError) as error:
        raise ReadingFailed("the answer of Redis can't be parsed", why=f"{error}") from None


def one_master(members: Mapping[str, Member]) -> Observation:
    """Say whether exactly one Redis is the master, every Sentinel names it, and every replica follows it."""
    masters = [name for name, member in members.items() if member.role == "master"]
    if len(masters) != 1:
        return Observation(holds=False, seen=f"masters: {', '.join(masters) or 'none'}")
    master = members[masters[0]]
    wrong = [
        f"the sentinel on {name} names {member.named}"
        for name, member in members.items()
        if member.named != master.address
    ]
    wrong += [
        f"{name} follows {member.follows}"
        for name, member in members.items()
        if member is not master and member.follows != master.address
    ]
    agreed = f"{masters[0]} is the master, say all {len(members)} sentinels and replicas"
    return Observation(not wrong, "; ".join(wrong) or agreed)


def in_sync(members: Mapping[str, Member]) -> Observation:
    """Say whether every other host is a replica with the master's data, and the master sees all of them."""
    replicas = {name: member for name, member in members.items() if member.role != "master"}
    wrong = [
        f"the link of {name} is {member.link or 'unknown'}"
        if member.link != "up"
        else f"{name} is being given the data"
        for name, member in replicas.items()
        if member.link != "up" or member.syncing
    ]
    for name, member in members.items():
        if member.role == "master" and member.replicas != len(members) - 1:
            wrong.append(f"{name} is a master of {member.replicas} replicas, not of {len(members) - 1}")
    if len(replicas) != len(members) - 1:
        wrong.append(f"{len(replicas)} of {len(members)} hosts are replicas")
    alone = "one host: nobody to replicate to"
    whole = f"{len(replicas)} replicas linked and in sync" if len(members) > 1 else alone
    return Observation(not wrong, "; ".join(wrong) or whole)


def as_set(member: Member, settings: Mapping[str, object]) -> Observation:
    """Say whether the Sentinel uses the timers of the settings."""
    found = {name: getattr(member, name) for name in ("down_after", "info_period", "failover_timeout")}
    wrong = [
        f"{name} is {value:g} s, set to {settings[name]} s"
        for name, value in found.items()
        if value != seconds(settings[name])
    ]
    well = ", ".join(f"{name}={value:g}s" for name, value in found.items())
    return Observation(holds=not wrong, seen="; ".join(wrong) or well)


def settled(host: Host) -> tuple[Reading, ...]:
    """Return the reading of whether the host's Redis is a master with replicas, or a replica in sync."""
    return (Reading(script(host, REDIS, *REPLICATION), lambda output: has_settled(stdout_of(output))),)


def has_settled(replication: str) -> Observation:
    """Judge the answer to INFO. A Redis that wakes and still believes itself the master has no replicas."""
    info = fields(replication)
    if info.get("role") == "master":
        return Observation(info.get(GOOD) != "0", f"master of {info.get('connected_slaves')} replicas")
    in_sync = info.get("master_link_status") == "up" and info.get("master_sync_in_progress") == "0"
    return Observation(in_sync, f"replica, its link is {info.get('master_link_status', 'unknown')}")
