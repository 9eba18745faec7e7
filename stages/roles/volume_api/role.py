"""Volumes: Cinder's API and scheduler. The volumes' storage is not part of the control plane."""

from pathlib import Path

from stages.design.blueprint import Role, Tier
from stages.design.parts import Database, Schema
from stages.openstack import hosts
from stages.openstack.forming import behind_schema
from stages.openstack.software import BIN, Api, Daemon, Dependency, Software

CINDER = "/etc/cinder/cinder.conf"
API = Api("cinder-api", "cinder.wsgi.api", "cinder", 8776, root="/v3")
SOFTWARE = Software(
    configurations={CINDER: "cinder"},
    services=(
        API,
        Daemon("cinder-scheduler", "cinder", (f"{BIN}/cinder-scheduler", "--config-file", CINDER)),
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

ROLE = Role(
    name="volume-api",
    tier=Tier.COLOURED,
    slot=4,
    components=("cinder", "memcached"),
    folder=Path(__file__).parent,
    manifest=lambda blueprint, host: hosts.manifest(blueprint, host, SOFTWARE),
    form=lambda blueprint, _: behind_schema(blueprint, "volume-api", SOFTWARE, "cinder", SCHEMA),
    needs=SOFTWARE.needs,
    databases=(Database("cinder", "cinder"),),
    schemas=(SCHEMA,),
    catalog=(API.in_catalog("volumev3"),),
    services=(API.offered_as("volume"),),
    memory_mb=400,
    connections=SOFTWARE.connections,
    diagnostics=hosts.shown(SOFTWARE),
)
