"""The settings that a running RabbitMQ must have, and all accounts, permissions and policies of it."""

import json
import re
from collections.abc import Iterator

from stages.design.declaring import Setting
from stages.design.options import assigned

# Of the configuration, what a broker keeps to all the time; the others are of its first start, or its log.
KEPT = (
    "cluster_name",
    "cluster_partition_handling",
    "vm_memory_high_watermark.absolute",
    "disk_free_limit.absolute",
    "raft.wal_max_size_bytes",
    "collect_statistics",
    "listeners.tcp.1",
)
THERE = "there"


def configuration(text: str, advanced: str, environment: str) -> Iterator[Setting]:
    """Yield what the broker is to report of its configuration."""
    read = assigned(text)
    for name in KEPT:
        yield Setting("rabbitmq", "setting", name, read[name])
    for name, pattern, where in (
        ("net_ticktime", r"net_ticktime, (\d+)", advanced),
        ("schedulers", r"SERVER_ADDITIONAL_ERL_ARGS=.*\+S (\d+):", environment),
    ):
        found = re.search(pattern, where)
        if found is None:
            raise LookupError(f"the broker's configuration has no {name}")
        yield Setting("rabbitmq", "setting", name, found[1])


def definitions(text: str) -> Iterator[Setting]:
    """Yield the accounts, virtual hosts, permissions and policies; the text has marks for secrets."""
    found = json.loads(text)
    for user in found["users"]:
        yield Setting("rabbitmq", "user", user["name"], f"tags: {' '.join(user['tags']) or 'none'}")
    for vhost in found["vhosts"]:
        yield Setting("rabbitmq", "virtual host", vhost["name"], THERE)
    for one in found["permissions"]:
        may = " ".join(f"{what} {one[what]}" for what in ("configure", "write", "read"))
        yield Setting("rabbitmq", "permission", f"{one['user']} on {one['vhost']}", may)
    for one in found.get("policies", ()):
        yield Setting("rabbitmq", "policy", f"{one['name']} on {one['vhost']}", THERE)
