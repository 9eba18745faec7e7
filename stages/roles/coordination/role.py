"""Coordination: Redis with a replica on every other host, and Sentinels that name the master."""

from pathlib import Path
from typing import Any

from stages.clusters.bootstrap import Bootstrap, peers
from stages.design import accounts
from stages.design.blueprint import Blueprint, Host, Role, Tier
from stages.design.data_package import DataPackage
from stages.design.declared import file_of
from stages.design.declaring import Setting
from stages.design.manifest import LIB, Command, Directory, File, Manifest, Unit, Wanted
from stages.design.parts import Listens, Secret
from stages.design.ports import Port
from stages.design.redeploying import from_peers
from stages.design.text import text
from stages.roles.coordination import declared
from stages.roles.coordination.leave import leave

SCRIPTS = ("ask", "chosen", "discard", "dismiss", "peers", "seed", "whole")
ASK = f"{LIB}/redis-ask"
MASTER = "stagegate"  # the master's name in clients' requests to a Sentinel
SERVER_UNIT, SENTINEL_UNIT = "redis-server.service", "redis-sentinel.service"
# Both programs rewrite their configuration: each start makes a copy of these in /var/lib/redis for that.
SERVER, SENTINEL = "/etc/redis/stagegate-server.conf", "/etc/redis/stagegate-sentinel.conf"
CLIENT = "/etc/redis/stagegate-client.env"
SERVER_DROP_IN, SENTINEL_DROP_IN = (
    f"/etc/systemd/system/{unit}.d/stagegate.conf" for unit in (SERVER_UNIT, SENTINEL_UNIT)
)
PEERS = f"{LIB}/redis-peers"
# A running Redis and Sentinel need no restart for that.
TOLD = Command("tell what changes while they run", (PEERS, "tell"), unless=(PEERS, "told"))
BOOTSTRAP = Bootstrap(
    program="redis",
    name="Redis",
    units=(SERVER_UNIT, SENTINEL_UNIT),
    member="/var/lib/redis/stagegate-member",
    port=Port.SENTINEL,  # Sentinel's, because it starts last
    within=120,
    # A file with no key in it is smaller; each write is appended to the other.
    data={"/var/lib/redis/appendonlydir/*.base.*": 256, "/var/lib/redis/appendonlydir/*.incr.aof": 0},
    also=("/var/lib/redis/sentinel.conf",),  # only a Sentinel's saved state says who is the master
)


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """Redis and Sentinel, configured and started. A change restarts the one that it affects."""
    members = blueprint.peers(host)
    values: dict[str, Any] = {
        "master": MASTER,
        "client": CLIENT,
        "bootstrap": BOOTSTRAP,
        "peers": peers(host, members),
    }

    def file(path: str, template: str, mode: int = 0o644, group: str = "root") -> File:
        return File(path, text(blueprint, host, template, **values), mode, group=group)

    return Manifest(
        host=host.name,
        users=(accounts.user("redis"),),
        directories=(Directory(LIB),),
        files=(
            file(SERVER, "server.conf", mode=0o640, group="redis"),
            file(SENTINEL, "sentinel.conf", mode=0o640, group="redis"),
            file(CLIENT, "client.env", mode=0o600),
            file(SERVER_DROP_IN, "redis-server.service.conf"),
            file(SENTINEL_DROP_IN, "redis-sentinel.service.conf"),
            *(file(BOOTSTRAP.script(name), f"redis-{name}", mode=0o755) for name in SCRIPTS),
            *BOOTSTRAP.files(host, members),
        ),
        units=(
            Unit(SERVER_UNIT, wanted=Wanted.NOT_STARTED, restart_on=(SERVER, SERVER_DROP_IN)),
            Unit(SENTINEL_UNIT, wanted=Wanted.NOT_STARTED, restart_on=(SENTINEL, SENTINEL_DROP_IN)),
        ),
        commands=(*BOOTSTRAP.start, BOOTSTRAP.begun, TOLD),
    )


def declares(manifest: Manifest) -> tuple[Setting, ...]:
    """The settings of the running Redis and Sentinel; what their peers change, both are told."""
    server, sentinel, drop_in, told = (
        file_of(manifest, path).content for path in (SERVER, SENTINEL, SENTINEL_DROP_IN, PEERS)
    )
    return (*declared.server(server, told), *declared.sentinel(sentinel, drop_in, told))


ROLE = Role(
    name="coordination",
    tier=Tier.SHARED,
    slot=3,
    components=("redis",),
    folder=Path(__file__).parent,
    manifest=manifest,
    declares=declares,
    form=lambda blueprint, plane, facts: BOOTSTRAP.formations(
        blueprint.stage, plane.hosts_of("coordination"), facts
    ),
    facts=BOOTSTRAP.facts,
    leave=leave,
    listens=(
        Listens(Port.REDIS, "Redis", peers=True, users=None),
        Listens(Port.SENTINEL, "Sentinel", peers=True, users=None),
    ),
    redeploy=from_peers("coordination", leave, "/var/lib/redis"),
    keeps=("/var/lib/redis",),
    # 7.0 and 7.2 write other RDB formats, and neither loads a newer one: a replica would lose what it had.
    data_package=DataPackage("redis-server", 2),
    own_secrets=(Secret("coordination_password", for_suites=True),),
    diagnostics={
        "redis-replication": (ASK, str(Port.REDIS), "INFO", "replication"),
        "redis-master": (ASK, str(Port.SENTINEL), "SENTINEL", "MASTER", MASTER),
        "redis-sentinels": (ASK, str(Port.SENTINEL), "SENTINEL", "SENTINELS", MASTER),
    },
)
