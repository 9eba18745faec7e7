"""The compute API: Nova's API and metadata, scheduler and conductor, and Placement."""

import shlex
from dataclasses import replace
from pathlib import Path

from stages.design.blueprint import Blueprint, Facts, Host, Plane, Role, Tier
from stages.design.leaving import Going, Leave, by_first
from stages.design.manifest import LIB, Command, Manifest
from stages.design.parts import Database, Formation, Phase, Schema, Secret
from stages.design.ports import Port
from stages.design.redeploying import as_it_is
from stages.design.upgrading import Upgrade
from stages.openstack import caches, hosts, queues
from stages.openstack.forming import SCHEMA_NEEDS, as_user, ready, schema, services
from stages.openstack.software import BIN, Api, Daemon, Dependency, Software
from stages.openstack.upgrading import expand, online, ready_question

NOVA, PASTE, PLACEMENT = "/etc/nova/nova.conf", "/etc/nova/api-paste.ini", "/etc/placement/placement.conf"
IN_CELL = f"{LIB}/in-cell"
PLACEMENT_API = Api("placement-api", "placement.wsgi.api", "placement", Port.PLACEMENT, path="/")
# Each service of Nova uses its API's database, that of its configuration, and those of both cells.
POOLS = 4
# Until 2025.2, Nova's APIs run on green threads, which stand still between two requests under uwsgi: brokers
# miss the heartbeats and close the connection, and the next request logs an error.
BEATS = {"OS_OSLO_MESSAGING_RABBIT__HEARTBEAT_IN_PTHREAD": "true"}
COMPUTE_API = Api(
    "nova-api", "nova.wsgi.osapi_compute", "nova", 8774, root="/v2.1", environment=BEATS, pools=POOLS
)
METADATA_API = Api("nova-metadata", "nova.wsgi.metadata", "nova", 8775, environment=BEATS, pools=POOLS)
SOFTWARE = Software(
    configurations={NOVA: "nova", PASTE: "nova", PLACEMENT: "placement"},
    services=(
        PLACEMENT_API,
        COMPUTE_API,
        METADATA_API,
        Daemon(
            "nova-conductor",
            "nova",
            (f"{BIN}/nova-conductor", "--config-file", NOVA),
            waits_for=PLACEMENT_API,
            pools=POOLS,
            forks=True,
        ),
        Daemon(
            "nova-scheduler",
            "nova",
            (f"{BIN}/nova-scheduler", "--config-file", NOVA),
            waits_for=PLACEMENT_API,
            pools=POOLS,
            forks=True,
        ),
    ),
    dependencies=(
        Dependency.DATABASE,
        Dependency.MESSAGING,
        Dependency.IDENTITY,
        Dependency.MEMCACHED,
        Dependency.PLACEMENT,
    ),
    database="nova",
    programs=("compute-known", "in-cell", "nova-records"),  # for compute hosts that come or leave
)


def _nova(*argv: str) -> tuple[str, ...]:
    return (f"{BIN}/nova-manage", "--config-file", NOVA, *argv)


PLACEMENTS_CLIENT = "/etc/stagegate/database-placement.cnf"
PLACEMENTS = Schema(
    databases=("placement",),
    command=(f"{BIN}/placement-manage", "--config-file", PLACEMENT, "db", "sync"),
    user="placement",
    client=PLACEMENTS_CLIENT,
    configurations=(PLACEMENT,),
    section="placement_database",
)
NOVAS = Schema(
    databases=("nova_api",),
    command=_nova("api_db", "sync"),
    user="nova",
    client=hosts.DATABASE,
    configurations=(NOVA,),
    section="api_database",
)
# cell0, for servers that reached no host, has the same tables as the other cell.
CELLS = replace(NOVAS, databases=("nova", "nova_cell0"), command=_nova("db", "sync"), section="database")
# Neither has a question that tells whether its schema is at its head: the heads do.
UPGRADES = (
    Upgrade(
        project="placement",
        user="placement",
        schemas=(PLACEMENTS,),
        ready=ready_question("placement-status", "--config-file", PLACEMENT),
        works=(
            expand(*PLACEMENTS.command),
            online(f"{BIN}/placement-manage", "--config-file", PLACEMENT, "db", "online_data_migrations"),
        ),
    ),
    Upgrade(
        project="nova",
        user="nova",
        schemas=(NOVAS, CELLS),
        ready=ready_question("nova-status", "--config-file", NOVA),
        # The cells' come after the API's, where they are listed. It exits with 1 if it can't reach cell0.
        works=(
            expand(*NOVAS.command),
            expand(*CELLS.command),
            online(*_nova("db", "online_data_migrations")),
        ),
    ),
)


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """All services on every host, so each host adds an API, a scheduler and a conductor."""
    made = hosts.manifest(blueprint, host, SOFTWARE)
    placements = hosts.client(blueprint, host, PLACEMENTS_CLIENT, "placement")
    return replace(made, files=(*made.files, placements))


def _cell_mapped(host: Host) -> Formation:
    """The cell's mapping in Nova's API database has its own copy of the list of brokers."""
    update = shlex.join(as_user("nova", *_nova("cell_v2", "update_cell", "--cell_uuid")))
    # Without a value for them, update_cell takes both URLs from nova.conf.
    run = ("sh", "-c", f'cell=$({IN_CELL} uuid) && exec {update} "$cell"')
    mapped = (IN_CELL, "current")
    return Formation(
        id="schema/nova-brokers",
        kind="schema",
        phase=Phase.MIGRATE,
        host=host.name,
        title="record the brokers of Nova's cell",
        commands=(Command("update_cell", run, unless=mapped),),
        done=mapped,
        after=("schema/nova-cells",),
        needs=SCHEMA_NEEDS,
    )


def form(blueprint: Blueprint, plane: Plane, _facts: Facts) -> tuple[Formation, ...]:
    """Migrate the schemas in parallel, the cells' after the API's; then start the services on all hosts."""
    to = plane.openstack
    cell1 = as_user("nova", *_nova("cell_v2", "create_cell", "--name", "cell1"))
    return (
        schema(plane, "compute-api", "placement", PLACEMENTS, title=f"migrate Placement's schema to {to}"),
        schema(plane, "compute-api", "nova-api", NOVAS, title=f"migrate Nova's API schema to {to}"),
        schema(
            plane,
            "compute-api",
            "nova-cells",
            CELLS,
            title=f"migrate the schemas of Nova's cells to {to}, and map them",
            first=[as_user("nova", *_nova("cell_v2", "map_cell0"))],
            # If the cell exists, create_cell refuses with exit status 2.
            then=[("sh", "-c", f"{shlex.join(cell1)} || test $? -eq 2")],
            after=("schema/nova-api",),
        ),
        _cell_mapped(plane.hosts_of("compute-api")[0]),
        *services(
            blueprint, plane, "compute-api", SOFTWARE, after=("schema/placement", "schema/nova-brokers")
        ),
        ready(blueprint, plane, "compute-api", SOFTWARE),
    )


def leave(blueprint: Blueprint, _facts: Facts, going: tuple[Going, ...]) -> tuple[Leave, ...]:
    """When a host is gone, Nova's records of its services go, which pin versions of RPC, and its queues."""
    stay = [host.name for host in blueprint.serving("compute-api")]
    leaves = []
    for host in going:
        remove = Command("remove the records", (f"{LIB}/nova-records", "remove", host.name))
        records = by_first(stay, f"remove {host.name}'s records in Nova", remove)
        leaves.append(Leave(host.name, after=(*records, *queues.of_gone(blueprint, host.name))))
    return tuple(leaves)


# How many servers are on each compute host: one that has any does not leave.
SERVERS_ON = "SELECT host, COUNT(*) FROM nova.instances WHERE deleted = 0 AND host IS NOT NULL GROUP BY host"
ASK_DATABASE = ("mariadb", f"--defaults-extra-file={hosts.DATABASE}", "--connect-timeout=3", "--batch")
ROLE = Role(
    name="compute-api",
    tier=Tier.COLOURED,
    slot=2,
    components=("nova-api", "nova-conductor", "nova-scheduler", "placement", "memcached"),
    folder=Path(__file__).parent,
    uses_openstack=True,
    manifest=manifest,
    declares=caches.declares,
    form=form,
    leave=leave,
    redeploy=as_it_is,
    needs=SOFTWARE.needs,
    serves=("compute",),
    databases=(
        Database("nova_api", "nova"),
        Database("nova", "nova"),
        Database("nova_cell0", "nova"),
        Database("placement", "placement"),
    ),
    schemas=(PLACEMENTS, NOVAS, CELLS),
    upgrades=UPGRADES,
    catalog=(COMPUTE_API.in_catalog("compute"), PLACEMENT_API.in_catalog("placement")),
    services=(
        COMPUTE_API.offered_as("compute"),
        METADATA_API.offered_as("metadata"),
        PLACEMENT_API.offered_as("placement"),
    ),
    own_secrets=(Secret("metadata_secret"),),
    memory_mb=900,
    connections=SOFTWARE.connections,
    facts={"servers": (*ASK_DATABASE, "--skip-column-names", "--execute", SERVERS_ON)},
    diagnostics=hosts.shown(SOFTWARE),
)
