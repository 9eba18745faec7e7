from collections.abc import Sequence

from suites.components.keystone import keys, tokens
from suites.harness.clients import Clients
from suites.harness.fixtures import MustHold
from suites.harness.hosts import Host
from suites.harness.target import Target


def test_token_is_valid_everywhere(
    host: Host, hosts: Sequence[Host], clients: Clients, target: Target, must_hold: MustHold
) -> None:
    must_hold(tokens.valid_everywhere(tokens.take(clients, target, host, hosts), host.name))


def test_catalog_names_identity(
    hosts: Sequence[Host], clients: Clients, target: Target, must_hold: MustHold
) -> None:
    must_hold(tokens.catalogued(tokens.take(clients, target, hosts[0], hosts), target.endpoints["identity"]))


def test_keys_are_equal(hosts: Sequence[Host], must_hold: MustHold) -> None:
    must_hold(keys.equal({host.name: keys.parse(host.read(keys.SCRIPT)) for host in hosts}))
