import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC

from suites.components.nova_api import cells, pools, server, upgrade
from suites.faults.drills import Drilled
from suites.harness.errands import Begun, begins
from suites.harness.fixtures import MustHold
from suites.hosts.host import Host
from suites.openstack.services import ServiceWatch, in_place
from suites.seam.target import Target

DATABASE = "galera"
SERVICES = ("nova-compute", "nova-conductor", "nova-scheduler")


@begins(lambda at: server.make(at.clients, at.target, at.hosts, f"smoke-{uuid.uuid4()}"))
def test_server_is_created(begun: Begun, target: Target, must_hold: MustHold) -> None:
    must_hold(server.all_became_active(begun(), target.names("nova-compute")))


def test_services_are_up_and_stay(service_watch: ServiceWatch, target: Target, must_hold: MustHold) -> None:
    every = {binary: target.names(binary) for binary in SERVICES}
    must_hold(in_place(service_watch.all("compute"), every))


@begins(lambda at: upgrade.run(at.host))
def test_upgrade_check(begun: Begun, must_hold: MustHold) -> None:
    must_hold(upgrade.succeeds(begun()))


def test_cells_are_mapped(fleet: Mapping[str, Host], target: Target, must_hold: MustHold) -> None:
    database = fleet[target.names(DATABASE)[0]]
    must_hold(cells.mapped(cells.read(database), target.names("nova-compute")))


def test_no_pool_exhausted(
    fleet: Mapping[str, Host], target: Target, drilled: Sequence[Drilled], must_hold: MustHold
) -> None:
    # All services share the database, so all their hosts are read.
    since = target.deployed_at.astimezone(UTC)
    clients = [fleet[host.name] for host in target.hosts if host.tier == "coloured"]
    must_hold(pools.none_dry({host.name: pools.ran_dry(host, since) for host in clients}, drilled))
    servers = [fleet[name] for name in target.names(DATABASE)]
    must_hold(pools.have_room({host.name: pools.connections(host) for host in servers}))
