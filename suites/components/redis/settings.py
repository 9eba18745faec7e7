"""The settings that a running Redis and its Sentinel have, but for passwords."""

import re

from suites.components.redis import member
from suites.errors import ReadingFailed
from suites.harness.reports import Reports
from suites.hosts.host import Host
from suites.hosts.places import REDIS, REDIS_MASTER, SENTINEL
from suites.seam.declared import Settings

MARK = "=="
SECRET = frozenset(
    {"requirepass", "masterauth", "masteruser", "tls-key-file-pass", "tls-client-key-file-pass"}
)
# Of what a Sentinel tells of the master, what is a setting.
OF_MASTER = ("down-after-milliseconds", "failover-timeout", "parallel-syncs", "quorum")
SIZE = re.compile(r"(\d+)([kmg]?)(b?)", re.IGNORECASE)
# Which one is the master is no setting; a replica may start from another copy of its configuration.
OF_EACH = ("replicaof", "slaveof")


def script(host: Host) -> str:
    """Return the script that asks both programs of a host."""
    asked = (
        member.script(host, REDIS, "CONFIG", "GET", "*"),
        member.script(host, SENTINEL, *member.WATCHED),
        member.script(host, SENTINEL, *member.PERIODS),
    )
    return f" && echo {MARK} && ".join(asked)


def parse(text: str) -> Settings:
    """Parse the answers: names and values, one per line, in three parts. Raises ReadingFailed."""
    parts = text.split(f"{MARK}\n")
    if len(parts) != 3:  # noqa: PLR2004 - as many as are asked
        raise ReadingFailed("the settings of Redis can't be parsed", why=f"{len(parts)} answers of 3")
    server, master, periods = (member.pairs(part) for part in parts)
    told = {name: value for name, value in master.items() if name in OF_MASTER}
    if "INFO-PERIOD" in periods:
        told["info-period"] = periods["INFO-PERIOD"]
    return {
        "redis": {name: value for name, value in server.items() if name not in SECRET},
        "sentinel": told,
    }


def same(declared: str, effective: str) -> bool:
    """Say whether a value of the configuration and a reported one are the same text or size."""
    return declared == effective or _bytes(declared) == _bytes(effective) is not None


def _bytes(text: str) -> int | None:
    found = SIZE.fullmatch(text)
    if found is None:
        return None
    # With a `b`, thousands are of 1024: 1kb is 1024, and 1k is 1000.
    factor: int = (1024 if found[3] else 1000) ** " kmg".index(found[2].lower() or " ")
    return int(found[1]) * factor


ASK = f"set -a; . {member.CLIENT}; redis-cli"
REPORTS = Reports(
    script=script,
    parse=parse,
    shows={
        "redis": f"{ASK} CONFIG GET '{{name}}'",
        "sentinel": f"{ASK} -p {SENTINEL} SENTINEL MASTER {REDIS_MASTER}",
    },
    same=same,
    of_each=OF_EACH,
)
