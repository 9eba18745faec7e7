"""Volumes: Cinder's API and scheduler. The volumes' storage is not part of the control plane."""

from pathlib import Path

from stages.design.blueprint import Role, Tier
from stages.design.parts import CatalogEntry, Database, Schema
from stages.openstack import hosts
from stages.openstack.forming import behind_schema
from stages.openstack.software import (
    BIN,
    Api,
    Daemon,
    Dependency,
    Software,
    database_secret,
    identity_secret,
)

CINDER = "/etc/cinder/cinder.conf"
API = Api("cinder-api", "cinder.wsgi.api", "cinder", 8776)
SOFTWARE = Software(
    here=Path(__file__).parent,
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
    folder=SOFTWARE.here,
    manifest=lambda blueprint, host: hosts.manifest(blueprint, host, SOFTWARE),
    form=lambda blueprint, _: behind_schema(blueprint, "volume-api", SOFTWARE, "cinder", SCHEMA),
    needs=SOFTWARE.needs,
    databases=(Database("cinder", "cinder"),),
    schemas=(SCHEMA,),
    catalog=(CatalogEntry("volumev3", "cinder", API.port, "/v3"),),
    services=(API.offered_as("volume"),),
    secrets=(database_secret("cinder"), identity_secret("cinder")),
    memory_mb=400,
    diagnostics=hosts.shown(SOFTWARE),
    endpoints=lambda blueprint: {"volume": f"http://{blueprint.vip}:{API.port}/v3"},
)
