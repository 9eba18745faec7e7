from collections.abc import Sequence

from suites.components.keystone import catalog, keys, tokens
from suites.harness.errands import Begun, Setting, begins
from suites.harness.fixtures import MustHold
from suites.harness.gathering import asks
from suites.hosts.host import Host
from suites.openstack.round_trips import RoundTrips
from suites.seam.target import Target


def take(at: Setting) -> tokens.Token:
    return tokens.take(at.clients, at.target, at.host, at.hosts)


@begins(take)
def test_token_is_valid_everywhere(begun: Begun, host: Host, must_hold: MustHold) -> None:
    must_hold(tokens.valid_everywhere(begun(), host.name))


@begins(take)
def test_catalog_names_identity(begun: Begun, target: Target, must_hold: MustHold) -> None:
    must_hold(tokens.catalogued(begun(), target.endpoints["identity"]))


def test_catalog_is_exact(round_trips: RoundTrips, target: Target, must_hold: MustHold) -> None:
    must_hold(catalog.is_exact(round_trips.catalog(), target.endpoints))


@asks(keys.SCRIPT)
def test_keys_are_equal(hosts: Sequence[Host], must_hold: MustHold) -> None:
    must_hold(keys.equal({host.name: keys.parse(host.read(keys.SCRIPT)) for host in hosts}))
