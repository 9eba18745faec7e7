"""Volumes: Cinder's API and scheduler. The volumes' storage is not part of the control plane."""

import shlex
from pathlib import Path

from stages.design.blueprint import Blueprint, Facts, Role, Tier
from stages.design.leaving import Going, Leave, by_first
from stages.design.manifest import Command
from stages.design.parts import Database, Schema
from stages.design.redeploying import as_it_is
from stages.design.upgrading import Upgrade
from stages.openstack import caches, hosts, queues
from stages.openstack.forming import as_user, behind_schema
from stages.openstack.software import BIN, Api, Daemon, Dependency, Software
from stages.openstack.upgrading import expand, online, ready_question

CINDER, SCHEDULER = "/etc/cinder/cinder.conf", "cinder-scheduler"
API = Api("cinder-api", "cinder.wsgi.api", "cinder", 8776, root="/v3")
SOFTWARE = Software(
    configurations={CINDER: "cinder"},
    services=(
        API,
        Daemon(SCHEDULER, "cinder", (f"{BIN}/{SCHEDULER}", "--config-file", CINDER)),
    ),
    dependencies=(
        Dependency.DATABASE,
        Dependency.MESSAGING,
        Dependency.IDENTITY,
        Dependency.MEMCACHED,
        Dependency.COORDINATION,
    ),
    database="cinder",
)

SCHEMA = Schema(
    databases=("cinder",),
    command=(f"{BIN}/cinder-manage", "--config-file", CINDER, "db", "sync"),
    user="cinder",
    client=hosts.DATABASE,
    configurations=(CINDER,),
)
MANAGE = (f"{BIN}/cinder-manage", "--config-file", CINDER, "db")
UPGRADE = Upgrade(
    project="cinder",
    user="cinder",
    schemas=(SCHEMA,),
    ready=ready_question("cinder-status", "--config-file", CINDER),
    works=(expand(*MANAGE, "sync"), online(*MANAGE, "online_data_migrations", count="--max_count")),
)


def leave(blueprint: Blueprint, _facts: Facts, going: tuple[Going, ...]) -> tuple[Leave, ...]:
    """When a host is gone, its scheduler's record goes, which pins versions of RPC, and so do its queues."""
    stay = [host.name for host in blueprint.serving("volume-api")]
    leaves = []
    for host in going:
        record = by_first(stay, f"remove {host.name}'s record in Cinder", _forget(host.name))
        leaves.append(Leave(host.name, after=(*record, *queues.of_gone(blueprint, host.name))))
    return tuple(leaves)


def _forget(host: str) -> Command:
    run = as_user(
        "cinder", f"{BIN}/cinder-manage", "--config-file", CINDER, "service", "remove", SCHEDULER, host
    )
    # It exits with 2 if there is no such record, and says so; with any other error, too.
    gone = (
        f'said=$({shlex.join(run)} 2>&1) || {{ echo "$said" >&2; echo "$said" | grep -q "Host not found"; }}'
    )
    return Command("remove the record", ("sh", "-c", gone))


ROLE = Role(
    name="volume-api",
    tier=Tier.COLOURED,
    slot=4,
    components=("cinder", "memcached"),
    folder=Path(__file__).parent,
    uses_openstack=True,
    manifest=lambda blueprint, host: hosts.manifest(blueprint, host, SOFTWARE),
    declares=caches.declares,
    form=lambda blueprint, plane, _: behind_schema(blueprint, plane, "volume-api", SOFTWARE, SCHEMA),
    leave=leave,
    redeploy=as_it_is,
    needs=SOFTWARE.needs,
    databases=(Database("cinder", "cinder"),),
    schemas=(SCHEMA,),
    upgrades=(UPGRADE,),
    catalog=(API.in_catalog("volumev3"),),
    services=(API.offered_as("volume"),),
    memory_mb=400,
    connections=SOFTWARE.connections,
    diagnostics=hosts.shown(SOFTWARE),
)
