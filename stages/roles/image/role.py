"""Images: Glance, whose store is an object store outside the control plane, with a cache on each host."""

from dataclasses import replace
from pathlib import Path

from stages.design.blueprint import Blueprint, Host, Role, Tier
from stages.design.leaving import plainly
from stages.design.manifest import LIB, File, Manifest, Unit
from stages.design.parts import Database, Listens, Schema
from stages.design.ports import Port
from stages.design.redeploying import as_it_is
from stages.design.upgrading import Question, Upgrade, UpgradePhase, Work
from stages.openstack import caches, hosts
from stages.openstack.forming import behind_schema
from stages.openstack.software import BIN, UNITS, Api, Dependency, Software
from stages.openstack.text import text
from stages.openstack.upgrading import contract, expand, ready_question

CONFIGURATION = "/etc/glance/glance-api.conf"
PRUNER, TIMER = "glance-cache-pruner.service", "glance-cache-pruner.timer"
CACHE, FORGET = "/var/lib/glance/image-cache", f"{LIB}/forget-cached"
API = Api("glance-api", "glance.wsgi.api", "glance", Port.IMAGE)
SOFTWARE = Software(
    configurations={CONFIGURATION: "glance"},
    services=(API,),
    dependencies=(
        Dependency.DATABASE,
        Dependency.IDENTITY,
        Dependency.MEMCACHED,
        Dependency.OBJECT_STORE,
    ),
    database="glance",
    homes=(CACHE, "/var/lib/glance/staging", "/var/lib/glance/tasks"),
)

SCHEMA = Schema(
    databases=("glance",),
    command=(f"{BIN}/glance-manage", "--config-file", CONFIGURATION, "db_sync"),
    user="glance",
    client=hosts.DATABASE,
    configurations=(CONFIGURATION,),
)
MANAGE = (f"{BIN}/glance-manage", "--config-file", CONFIGURATION, "db")
LEFT = {3: "expand is left to do", 4: "migrate is left to do", 5: "contract is left to do"}


def _checked(*later: int) -> Question:
    """Whether all is done but for what comes later, by its status."""
    good = {0: "all is done", **{status: LEFT[status] for status in later}}
    bad = {status: told for status, told in LEFT.items() if status not in later}
    return Question((*MANAGE, "check"), good, bad)


UPGRADE = Upgrade(
    project="glance",
    user="glance",
    schemas=(SCHEMA,),
    ready=ready_question(
        "glance-status",
        "--config-file",
        CONFIGURATION,
        blind={"2026.2": "it asks for an option that it does not register, and exits with 255"},
    ),
    works=(
        expand(*MANAGE, "expand", asked_after=_checked(4, 5)),
        Work(
            UpgradePhase.MIGRATE,
            (*MANAGE, "migrate"),
            irreversible="what was written into new columns stays there",
            asked_after=_checked(5),
        ),
        contract(*MANAGE, "contract", asked_after=_checked()),
    ),
)


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """Glance, its token cache, its dependency check, and the timer that keeps the image cache small."""
    made = hosts.manifest(blueprint, host, SOFTWARE)
    files = [File(f"{UNITS}/{name}", text(blueprint, host, name)) for name in (PRUNER, TIMER)]
    pruner = Unit(TIMER, restart_on=tuple(file.path for file in files))
    return replace(
        made, files=(*made.files, *files, *_forgetting(blueprint, host)), units=(*made.units, pruner)
    )


def _forgetting(blueprint: Blueprint, host: Host) -> tuple[File, File]:
    """What runs before each start of Glance. It is for the next start, so nothing is restarted for it."""
    forget = text(blueprint, host, FORGET, cache=CACHE, client=hosts.DATABASE)
    before = text(blueprint, host, "glance-api.service.conf", forget=FORGET)
    return File(FORGET, forget, mode=0o755), File(f"{UNITS}/{API.unit}.d/forget-cached.conf", before)


ROLE = Role(
    name="image",
    tier=Tier.COLOURED,
    slot=1,
    components=("glance", "memcached"),
    folder=Path(__file__).parent,
    uses_openstack=True,
    manifest=manifest,
    declares=caches.declares,
    form=lambda blueprint, plane, _: behind_schema(blueprint, plane, "image", SOFTWARE, SCHEMA),
    # Nothing records which hosts serve, and what one has in its cache is in the object store.
    leave=lambda _blueprint, _facts, going: plainly(going),
    redeploy=as_it_is,
    needs=SOFTWARE.needs,
    databases=(Database("glance", "glance"),),
    schemas=(SCHEMA,),
    upgrades=(UPGRADE,),
    catalog=(API.in_catalog("image"),),
    services=(API.offered_as("image"),),
    listens=(Listens(API.port, "images that another host has staged", peers=True),),
    memory_mb=260,
    # The pruner is one process more.
    connections=lambda own: SOFTWARE.connections(own) + own.database_pool + own.database_overflow,
    diagnostics=hosts.shown(SOFTWARE),
)
