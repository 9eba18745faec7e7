"""The settings that a running Redis and its Sentinel must have."""

import re
from collections.abc import Iterator

from stages.design.declaring import Setting
from stages.design.options import directives

# What services rely on of what Redis begins with; it can be changed while it runs.
DEFAULTS = {
    "maxclients": "10000",
    "timeout": "0",
    "replica-read-only": "yes",
    "replica-serve-stale-data": "yes",
}
# A Sentinel reports some of its settings, and none of those that it shares with Redis.
OF_MASTER = ("down-after-milliseconds", "failover-timeout", "parallel-syncs")


def server(text: str, peers: str) -> Iterator[Setting]:
    """Yield what Redis is to report: its configuration, and what `peers` tells one that runs."""
    for name, *values in directives(text):
        yield Setting("redis", "redis", name, " ".join(values).strip('"'))
    for name, value in DEFAULTS.items():
        yield Setting("redis", "redis", name, value)
    yield Setting("redis", "redis", "replica-priority", _told(peers, "priority"))


def sentinel(text: str, drop_in: str, peers: str) -> Iterator[Setting]:
    """Yield what the Sentinel is to report: its view of the master, and the period of its questions."""
    for word, *values in directives(text):
        if word == "sentinel" and values[0] in OF_MASTER:
            yield Setting("redis", "sentinel", values[0], values[2])
    yield Setting("redis", "sentinel", "quorum", _told(peers, "quorum"))
    period = re.search(r"info-period (\d+)", drop_in)
    if period:
        yield Setting("redis", "sentinel", "info-period", period[1])


def _told(peers: str, name: str) -> str:
    """What the program that tells those that run has for a name. Raises LookupError."""
    found = re.search(rf"\b{name}=(\d+)", peers)
    if found is None:
        raise LookupError(f"redis-peers has no {name}")
    return found[1]
