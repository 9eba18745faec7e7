"""Rows that prove replication: written on one node, read on the others."""

from collections.abc import Iterable

from suites.hosts.host import Host
from suites.hosts.observation import Observation

DATABASE = "stagegate"
# Also where it is: an earlier look may have been cut off before it took its row away.
WRITE = "REPLACE INTO stagegate.probe (id, at) VALUES (%s, NOW())"
COUNT = "SELECT COUNT(*) FROM stagegate.probe WHERE id = %s"
DELETE = "DELETE FROM stagegate.probe WHERE id = %s"


def write(host: Host, row: str) -> None:
    """Commit a row on a node. Raises ReadingFailed."""
    _run(host, WRITE, row)


def remove(host: Host, row: str) -> None:
    """Take a row away again. Raises ReadingFailed."""
    _run(host, DELETE, row)


def on_all(hosts: Iterable[Host], row: str) -> Observation:
    """Say whether the row can be read on all of the nodes."""
    there = {host.name: _run(host, COUNT, row).strip() for host in hosts}
    missing = [name for name, count in there.items() if count != "1"]
    if missing or not there:
        return Observation(holds=False, seen=f"the row is not on {', '.join(missing) or 'any node'}")
    return Observation(holds=True, seen=f"read on {', '.join(there)}")


def _run(host: Host, statement: str, row: str) -> str:
    if not row.replace("-", "").isalnum():
        raise ValueError(f"{row!r} is no name for a row")
    quoted = statement.replace("%s", f"'{row}'")
    return host.read(f'mariadb --batch --skip-column-names -e "{quoted}"')
