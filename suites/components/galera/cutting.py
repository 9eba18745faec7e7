"""A node that its peers can't reach while its clients can: it must refuse them."""

import time

from suites.clients.runner import Clients
from suites.components.galera import rows
from suites.errors import ClientFailed
from suites.faults.fault import Fault, cut_off
from suites.hosts.observation import Observation
from suites.seam.target import Target, TargetHost


def from_peers(target: Target, host: TargetHost) -> Fault:
    """Cut a node off from all other nodes, both ways; load balancers still reach it."""
    return cut_off(target, host, [peer for peer in target.carrying("galera") if peer.name != host.name])


def refuses(clients: Clients, target: Target, host: TargetHost) -> Observation:
    """Say whether a node, asked past the load balancers, refuses a write."""
    _, _, port = target.endpoints["database"].rpartition(":")
    request = {
        "host": host.address,
        "port": int(port),
        "user": target.accounts["database_probe"],
        "password": target.secrets["database_probe_password"].to_json(),
        "database": rows.DATABASE,
        "statements": [[rows.WRITE, [f"cut-off-{time.time_ns():x}"]]],
    }
    try:
        clients.ask("suites.clients.sql_client", request)
    except ClientFailed as error:
        said = str(error.why)
        return Observation(holds="1047" in said, seen=f"{host.name} refuses writes: {said}")
    return Observation(holds=False, seen=f"{host.name} takes writes although it is cut off")
