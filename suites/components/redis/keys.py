"""A key that proves replication: written to the master and read from every replica."""

import time
from collections.abc import Mapping

from suites.components.redis.member import ask, read, script
from suites.faults.away import Away
from suites.hosts.host import Host, Output, last_line
from suites.hosts.places import REDIS, REDIS_MASTER, SENTINEL
from suites.hosts.reading import Observation

LASTS = "60"
WAIT_MS = "3000"


def write(master: Host, key: str, value: str, replicas: int) -> Observation:
    """Write a key to the master, for a minute, and say whether this many replicas acknowledge it."""
    ask(master, REDIS, "SET", key, value, "EX", LASTS)
    reached = ask(master, REDIS, "WAIT", str(replicas), WAIT_MS).strip()
    return Observation(
        reached == str(replicas), f"{reached} of {replicas} replicas acknowledged a key of {master.name}"
    )


def get(host: Host, key: str) -> str:
    """Return a host's value of a key; empty if it has none. Raises ReadingFailed."""
    return ask(host, REDIS, "GET", key).strip()


def remove(master: Host, key: str) -> None:
    """Delete a key. Raises ReadingFailed."""
    ask(master, REDIS, "DEL", key)


def read_back(value: str, answers: Mapping[str, str]) -> Observation:
    """Say whether all hosts have the value."""
    wrong = [f"{host} has {answer or 'nothing'}" for host, answer in answers.items() if answer != value]
    return Observation(
        bool(answers) and not wrong, "; ".join(wrong) or f"read from {', '.join(answers) or 'nobody'}"
    )


def written_without(away: Away) -> Observation:
    """Say whether the master takes a key that every replica left acknowledges. Raises ReadingFailed."""
    left, key = away.left("redis"), f"without-{time.time_ns():x}"
    (master,) = [host for host in left if read(host).role == "master"][:1] or left[:1]
    try:
        return write(master, key, key, len(left) - 1)
    finally:
        remove(master, key)


def refuses(away: Away) -> Observation:
    """Say whether a master that reaches no replica refuses a key. Raises ReadingFailed."""
    host, key = away.victim, f"cut-off-{time.time_ns():x}"
    return refused(host.name, host.ask(script(host, REDIS, "SET", key, key, "EX", LASTS)))


def refused(name: str, output: Output) -> Observation:
    """Say whether the answer to a key that was set is a refusal for want of replicas."""
    said = last_line(output.stdout, output.stderr)
    return Observation("NOREPLICAS" in output.stdout + output.stderr, f"{name} answers a key with: {said}")


def quorum(host: Host) -> Observation:
    """Say whether a host's Sentinel reaches enough others for a quorum to elect a new master."""
    said = ask(host, SENTINEL, "SENTINEL", "CKQUORUM", REDIS_MASTER).strip()
    return Observation(said.startswith("OK"), said)
