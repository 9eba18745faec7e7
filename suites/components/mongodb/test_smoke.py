import uuid

from suites.clients.runner import Clients
from suites.components.mongodb import replica_set
from suites.harness.fixtures import MustHold
from suites.seam.target import Target


def test_one_primary(clients: Clients, target: Target, must_hold: MustHold) -> None:
    must_hold(replica_set.one_primary(replica_set.ask(clients, target, target.carrying("mongodb"))))


def test_members_are_the_hosts(clients: Clients, target: Target, must_hold: MustHold) -> None:
    carriers = target.carrying("mongodb")
    seen = replica_set.ask(clients, target, carriers)
    must_hold(replica_set.as_hosts(seen, [host.address for host in carriers]))


def test_row_reaches_every_member(clients: Clients, target: Target, must_hold: MustHold) -> None:
    must_hold(replica_set.row(clients, target, target.carrying("mongodb"), f"smoke-{uuid.uuid4()}"))
