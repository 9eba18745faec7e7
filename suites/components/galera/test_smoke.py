import uuid
from collections.abc import Iterator, Sequence

import pytest

from suites.clients.runner import Answer, Clients
from suites.components.galera import node, rows
from suites.harness.errands import Begun, Setting, begins
from suites.harness.fixtures import MustHold, Seeing
from suites.harness.gathering import asks
from suites.hosts.host import Host, read_all
from suites.hosts.reading import Observation, until
from suites.seam.target import Target

REPLICATED_WITHIN = 5


@pytest.fixture
def row(hosts: Sequence[Host]) -> Iterator[str]:
    name = f"smoke-{uuid.uuid4()}"
    yield name
    rows.remove(hosts[0], name)


@asks(node.READ)
def test_node_is_synced(host: Host, must_hold: MustHold) -> None:
    must_hold(node.is_synced(node.read(host)))


@asks(node.READ)
def test_node_sees_all(host: Host, hosts: Sequence[Host], must_hold: MustHold) -> None:
    must_hold(node.sees_all(node.read(host), len(hosts)))


@asks(node.READ)
def test_commits_are_durable(host: Host, must_hold: MustHold) -> None:
    must_hold(node.is_durable(node.read(host)))


@asks(node.READ)
def test_one_cluster(hosts: Sequence[Host], must_hold: MustHold) -> None:
    must_hold(node.one_cluster(read_all(hosts, node.read)))


@asks(node.READ)
def test_time_outs_agree(hosts: Sequence[Host], target: Target, must_hold: MustHold) -> None:
    nodes = read_all(hosts, node.read)
    must_hold(node.same_time_outs(nodes))
    must_hold(node.as_set(nodes, target.settings.get("database", {})))


def transact(at: Setting) -> Answer:
    return rows.transact_at(at.clients, at.target, at.host, f"smoke-{uuid.uuid4()}")


@begins(transact)
def test_client_is_served(begun: Begun, host: Host, must_hold: MustHold) -> None:
    must_hold(rows.served_by(host.name, begun()))


def test_row_reaches_every_node(
    host: Host, hosts: Sequence[Host], row: str, must_hold: MustHold, seen: Seeing
) -> None:
    rows.write(host, row)
    seen(f"written on {host.name}")
    must_hold(until(lambda: rows.replicated(hosts, row), within=REPLICATED_WITHIN))


def test_row_through_vip_reaches_every_node(
    clients: Clients, target: Target, hosts: Sequence[Host], row: str, must_hold: MustHold
) -> None:
    address = target.endpoints["database"].rpartition(":")[0]
    answer = rows.write_at(clients, target, address, row)
    must_hold(
        Observation(holds=bool(answer["rows"]), seen=f"committed through {address} on {answer['rows']}")
    )
    must_hold(until(lambda: rows.replicated(hosts, row), within=REPLICATED_WITHIN))
