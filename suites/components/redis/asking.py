"""Asking Redis and Sentinel on their hosts; the password stays in its file there."""

import shlex

from suites.hosts.host import Host

SERVER, SENTINEL = 6379, 26379
MASTER = "stagegate"  # by this name sentinels know the master
# What each says of itself, of the master, and of the periods of its work.
REPLICATION = ("INFO", "replication")
WATCHED = ("SENTINEL", "MASTER", MASTER)
PERIODS = ("SENTINEL", "DEBUG")
CLIENT = "/etc/redis/stagegate-client.env"


def ask(host: Host, port: int, *command: str) -> str:
    """Return what redis-cli prints for a command. Raises ReadingFailed, also when the answer is an error."""
    return host.read(script(host, port, *command))


def script(host: Host, port: int, *command: str) -> str:
    """Return the script that has a host ask its Redis or Sentinel."""
    cli = shlex.join(["timeout", "5", "redis-cli", "-e", "-h", host.address, "-p", str(port), *command])
    return f"set -a; . {CLIENT}; {cli}"


def pairs(text: str) -> dict[str, str]:
    """Return the names and values of an answer that lists them in turn, a line each."""
    lines = text.splitlines()
    return dict(zip(lines[::2], lines[1::2], strict=False))


def fields(text: str) -> dict[str, str]:
    """Return the names and values of an answer of INFO."""
    lines = (line.partition(":") for line in text.splitlines() if ":" in line and not line.startswith("#"))
    return {name: value.strip() for name, _, value in lines}
