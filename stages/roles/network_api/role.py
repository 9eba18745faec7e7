"""The network API: Neutron's API, its RPC server, and the workers that keep OVN in sync with Neutron."""

from pathlib import Path

from stages.design.blueprint import Blueprint, Facts, Role, Tier
from stages.design.leaving import Going, Leave
from stages.design.manifest import LIB
from stages.design.parts import Database, Schema
from stages.design.redeploying import as_it_is
from stages.design.upgrading import Question, Upgrade
from stages.openstack import caches, hosts, queues
from stages.openstack.forming import behind_schema
from stages.openstack.software import BIN, Api, Daemon, Dependency, Software
from stages.openstack.upgrading import contract, expand, ready_question

NEUTRON, ML2 = "/etc/neutron/neutron.conf", "/etc/neutron/ml2.ini"
WORKER = "neutron-ovn-maintenance-worker"  # Neutron's own, wrapped: see the template
FILES = ("--config-file", NEUTRON, "--config-file", ML2)
API = Api(
    "neutron-api",
    "neutron.wsgi.api",
    "neutron",
    9696,
    environment={"OS_NEUTRON_CONFIG_FILES": f"{NEUTRON};{ML2}"},
)
SOFTWARE = Software(
    configurations={NEUTRON: "neutron", ML2: "neutron"},
    services=(
        API,
        Daemon("neutron-rpc-server", "neutron", (f"{BIN}/neutron-rpc-server", *FILES), forks=True),
        Daemon(
            "neutron-periodic-workers", "neutron", (f"{BIN}/neutron-periodic-workers", *FILES), forks=True
        ),
        Daemon(WORKER, "neutron", (f"{LIB}/{WORKER}", *FILES), forks=True),
    ),
    dependencies=(
        Dependency.DATABASE,
        Dependency.MESSAGING,
        Dependency.IDENTITY,
        Dependency.MEMCACHED,
        Dependency.OVN,
    ),
    database="neutron",
    programs=(WORKER,),
)

SCHEMA = Schema(
    databases=("neutron",),
    command=(f"{BIN}/neutron-db-manage", *FILES, "upgrade", "heads"),
    user="neutron",
    client=hosts.DATABASE,
    configurations=(NEUTRON, ML2),
)
MANAGE = (f"{BIN}/neutron-db-manage", *FILES)
OFFLINE = Question(
    (*MANAGE, "has_offline_migrations"),
    good={0: "contract has nothing to do"},
    bad={1: "contract has something to do, for which all Neutron servers must be stopped"},
)
UPGRADE = Upgrade(
    project="neutron",
    user="neutron",
    schemas=(SCHEMA,),
    ready=ready_question("neutron-status", *FILES),
    works=(
        # No question of its own tells whether expand is done: the heads do.
        expand(*MANAGE, "upgrade", "--expand"),
        contract(*MANAGE, "upgrade", "--contract", asked_before=OFFLINE, asked_after=OFFLINE),
    ),
)


def leave(blueprint: Blueprint, _facts: Facts, going: tuple[Going, ...]) -> tuple[Leave, ...]:
    """When a host is gone, its queues go. Nothing else names it: OVN's agents are those of compute hosts."""
    return tuple(Leave(host.name, after=queues.of_gone(blueprint, host.name)) for host in going)


ROLE = Role(
    name="network-api",
    tier=Tier.COLOURED,
    slot=3,
    components=("neutron", "memcached"),
    folder=Path(__file__).parent,
    uses_openstack=True,
    manifest=lambda blueprint, host: hosts.manifest(blueprint, host, SOFTWARE),
    declares=caches.declares,
    form=lambda blueprint, plane, _: behind_schema(blueprint, plane, "network-api", SOFTWARE, SCHEMA),
    leave=leave,
    redeploy=as_it_is,
    needs=SOFTWARE.needs,
    serves=("compute",),
    databases=(Database("neutron", "neutron"),),
    schemas=(SCHEMA,),
    upgrades=(UPGRADE,),
    catalog=(API.in_catalog("network"),),
    services=(API.offered_as("network"),),
    # Neutron writes to the leader of OVN's northbound database only, and a new member may be elected.
    peer_files=(ML2,),
    memory_mb=700,
    connections=SOFTWARE.connections,
    diagnostics=hosts.shown(SOFTWARE),
)
