"""Rows that prove replication: written on one node and read on all; a node that is cut off refuses them."""

import time
from collections.abc import Iterable

from suites.clients.runner import Answer, Clients
from suites.errors import ClientFailed
from suites.faults.away import Away
from suites.hosts.host import Host, read_all
from suites.hosts.places import DATABASE
from suites.hosts.reading import Observation, on_all
from suites.seam.target import Target

# REPLACE, because an interrupted check may have left the row behind.
WRITE = "REPLACE INTO stagegate.probe (id, at) VALUES (%s, NOW())"
COUNT = "SELECT COUNT(*) FROM stagegate.probe WHERE id = %s"
DELETE = "DELETE FROM stagegate.probe WHERE id = %s"


def write(host: Host, row: str) -> None:
    """Commit a row on a node. Raises ReadingFailed."""
    _run(host, WRITE, row)


def remove(host: Host, row: str) -> None:
    """Delete a row. Raises ReadingFailed."""
    _run(host, DELETE, row)


def replicated(hosts: Iterable[Host], row: str) -> Observation:
    """Say whether the row can be read on all nodes."""
    return on_all("1", read_all(hosts, lambda host: _run(host, COUNT, row).strip()))


def _run(host: Host, statement: str, row: str) -> str:
    if not row.replace("-", "").isalnum():
        raise ValueError(f"{row!r} is not a name for a row")
    quoted = statement.replace("%s", f"'{row}'")
    return host.read(f'mariadb --batch --skip-column-names -e "{quoted}"')


def write_at(clients: Clients, target: Target, address: str, row: str) -> Answer:
    """Commit a row as a client of the database at an address; return who answered. Raises ClientFailed."""
    port = int(target.endpoints["database"].rpartition(":")[2])
    return _ask_at(clients, target, (address, port), [[WRITE, [row]]])


def transact_at(clients: Clients, target: Target, host: Host, row: str) -> Answer:
    """Commit a transaction that writes a row and deletes it, on a host's own server.

    Else as `write_at`.
    """
    return _ask_at(clients, target, (host.address, DATABASE), [[WRITE, [row]], [DELETE, [row]]])


def _ask_at(
    clients: Clients, target: Target, place: tuple[str, int], statements: list[list[object]]
) -> Answer:
    request = {
        "host": place[0],
        "port": place[1],
        "user": target.accounts["database_probe"],
        "password": target.secrets["database_probe_password"].to_json(),
        "database": "stagegate",
        "statements": [*statements, ["SELECT @@hostname", []]],
    }
    return clients.ask("suites.clients.sql_client", request)


def served_by(host: str, answer: Answer) -> Observation:
    """Say whether the host's own server took a client's transaction, by the name that it gives itself."""
    rows = answer.get("rows")
    return Observation(rows == [[host]], f"a client's transaction at {host} was committed by {rows}")


def written_without(away: Away) -> Observation:
    """Say whether the nodes that are left take a row and each has it. Raises ReadingFailed."""
    left, row = away.left("galera"), f"without-{time.time_ns():x}"
    write(left[0], row)
    try:
        return replicated(left, row)
    finally:
        remove(left[0], row)


def refuses(away: Away) -> Observation:
    """Say whether a node, contacted directly, refuses a write."""
    host = away.victim
    try:
        write_at(away.clients, away.target, host.address, f"cut-off-{time.time_ns():x}")
    except ClientFailed as error:
        said = str(error.why)
        return Observation(holds="1047" in said, seen=f"{host.name} refuses writes: {said}")
    return Observation(holds=False, seen=f"{host.name} takes writes although it is cut off")
