"""Coordination: Redis with a replica on every other host, and Sentinels that name the master."""

from collections.abc import Mapping
from pathlib import Path

from stages.clusters.bootstrap import Bootstrap, peers
from stages.design.blueprint import Blueprint, Host, Role, Tier
from stages.design.manifest import LIB, Directory, File, Manifest, Unit, Wanted
from stages.design.parts import Formation, Secret
from stages.design.ports import Port
from stages.design.rendering import render

HERE = Path(__file__).parent
SCRIPTS = ("ask", "seed", "whole")
ASK = f"{LIB}/redis-ask"
MASTER = "stagegate"  # the master's name in clients' requests to a Sentinel
SERVER_UNIT, SENTINEL_UNIT = "redis-server.service", "redis-sentinel.service"
# Both programs rewrite their configuration: each start makes a copy of these in /var/lib/redis for that.
SERVER, SENTINEL = "/etc/redis/stagegate-server.conf", "/etc/redis/stagegate-sentinel.conf"
CLIENT = "/etc/redis/stagegate-client.env"
SERVER_DROP_IN, SENTINEL_DROP_IN = (
    f"/etc/systemd/system/{unit}.d/stagegate.conf" for unit in (SERVER_UNIT, SENTINEL_UNIT)
)
BOOTSTRAP = Bootstrap(
    program="redis",
    name="Redis",
    units=(SERVER_UNIT, SENTINEL_UNIT),
    member="/var/lib/redis/stagegate-member",
    port=Port.SENTINEL,  # Sentinel's, because it starts last
    within=120,
    also=("/var/lib/redis/sentinel.conf",),  # only a Sentinel's saved state says who is the master
)


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """Redis and Sentinel, configured and started. A change restarts the one that it affects."""

    def text(name: str) -> str:
        return _text(blueprint, host, name)

    return Manifest(
        host=host.name,
        directories=(Directory(LIB),),
        files=(
            File(SERVER, text("server.conf"), mode=0o640, group="redis"),
            File(SENTINEL, text("sentinel.conf"), mode=0o640, group="redis"),
            File(CLIENT, text("client.env"), mode=0o600),
            File(SERVER_DROP_IN, text("redis-server.service.conf")),
            File(SENTINEL_DROP_IN, text("redis-sentinel.service.conf")),
            *(File(BOOTSTRAP.script(name), text(f"redis-{name}"), mode=0o755) for name in SCRIPTS),
            *BOOTSTRAP.files(host, blueprint.hosts_of("coordination")),
        ),
        units=(
            Unit(SERVER_UNIT, wanted=Wanted.NOT_STARTED, restart_on=(SERVER, SERVER_DROP_IN)),
            Unit(SENTINEL_UNIT, wanted=Wanted.NOT_STARTED, restart_on=(SENTINEL, SENTINEL_DROP_IN)),
        ),
        commands=(*BOOTSTRAP.start, BOOTSTRAP.begun),
    )


def form(blueprint: Blueprint, _facts: Mapping[str, Mapping[str, str]]) -> tuple[Formation, ...]:
    """Every host has the data of the one master. The one that bootstraps the cluster is the first master."""
    return BOOTSTRAP.formations(blueprint.hosts_of("coordination"))


def _text(blueprint: Blueprint, host: Host, name: str) -> str:
    members = blueprint.hosts_of("coordination")
    return render(
        HERE / "templates",
        name,
        host=host,
        stage=blueprint.stage,
        lib=LIB,
        master=MASTER,
        client=CLIENT,
        member_mark=BOOTSTRAP.member,
        bootstrap_mark=BOOTSTRAP.mark,
        members=members,
        peers=peers(host, members),
        settings=blueprint.settings["coordination"],
    )


ROLE = Role(
    name="coordination",
    tier=Tier.SHARED,
    slot=3,
    components=("redis",),
    folder=HERE,
    manifest=manifest,
    form=form,
    keeps=("/var/lib/redis",),
    secrets=(Secret("coordination_password", for_suites=True),),
    diagnostics={
        "redis-replication": (ASK, str(Port.REDIS), "INFO", "replication"),
        "redis-master": (ASK, str(Port.SENTINEL), "SENTINEL", "MASTER", MASTER),
        "redis-sentinels": (ASK, str(Port.SENTINEL), "SENTINEL", "SENTINELS", MASTER),
    },
)
