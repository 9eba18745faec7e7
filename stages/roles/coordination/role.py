"""Coordination: Redis with a replica on every other host, and Sentinels that name the master."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stages.blueprint import Blueprint, Host, Tier
from stages.manifest import Command, Directory, File, Manifest, Unit, Wait, Wanted
from stages.rendering import render
from stages.roles.role import Formation, Role, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
LIB = "/usr/local/lib/stagegate"
SCRIPTS = ("ask", "seed", "begun", "whole", "bear")
ASK, SEED, BEGUN, WHOLE, BEAR = (f"{LIB}/redis-{name}" for name in SCRIPTS)
MASTER = "stagegate"  # what clients call the master when they ask a sentinel for it
MEMBER_MARK = "/var/lib/redis/stagegate-member"  # beside the data: it comes and goes with them
BEAR_MARK = "/run/stagegate/redis-bear"
SERVER_UNIT, SENTINEL_UNIT = "redis-server.service", "redis-sentinel.service"
# Both programs rewrite what they run with, in /var/lib/redis; it is made from these at each start.
SERVER, SENTINEL = "/etc/redis/stagegate-server.conf", "/etc/redis/stagegate-sentinel.conf"
CLIENT = "/etc/redis/stagegate-client.env"
SERVER_DROP_IN, SENTINEL_DROP_IN = (
    f"/etc/systemd/system/{unit}.d/stagegate.conf" for unit in (SERVER_UNIT, SENTINEL_UNIT)
)
UNITS = {"server": SERVER_UNIT, "sentinel": SENTINEL_UNIT}
ENABLE = tuple(
    Command(f"enable {name}", ("systemctl", "enable", unit), unless=("systemctl", "is-enabled", unit))
    for name, unit in UNITS.items()
)
# Not waited for: who has no data waits itself, for a master that may be named on another host only later.
START = tuple(
    Command(
        f"start {name}",
        ("systemctl", "start", "--no-block", unit),
        unless=("sh", "-c", f"systemctl is-active {unit} | grep -qx -e active -e activating -e reloading"),
    )
    for name, unit in UNITS.items()
)


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """Redis and Sentinel configured, and started. A change restarts what it is about."""

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
            *(File(f"{LIB}/redis-{name}", text(f"redis-{name}"), mode=0o755) for name in SCRIPTS),
        ),
        units=(
            Unit(SERVER_UNIT, wanted=Wanted.LEFT, restart_on=(SERVER, SERVER_DROP_IN)),
            Unit(SENTINEL_UNIT, wanted=Wanted.LEFT, restart_on=(SENTINEL, SENTINEL_DROP_IN)),
        ),
        commands=(*ENABLE, *START, Wait("begun", until=(BEGUN,), within=60)),
    )


def form(blueprint: Blueprint, facts: Mapping[str, Mapping[str, str]]) -> tuple[Formation, ...]:
    """Every host with the data of the one master. The first may be it, where no other one is to be found.

    All were started by their manifests, so they follow the master at the same time; the steps only wait for
    them in turn. What was seen when the plan was made decides nothing: who may be the first master asks then.
    """
    del facts
    members = blueprint.hosts_of("coordination")
    return tuple(_member(host, first=host is members[0]) for host in members)


def _member(host: Host, *, first: bool) -> Formation:
    bear = (Command("be the master, if there is none", (BEAR,)),) if first else ()
    return Formation(
        id=f"cluster/{host.name}",
        kind="cluster",
        host=host.name,
        title=f"start Redis on {host.name}" if first else f"let {host.name} follow Redis's master",
        commands=(*bear, *ENABLE, *START, Wait("with its data", until=(WHOLE,), within=120)),
        done=(WHOLE,),
    )


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
        member_mark=MEMBER_MARK,
        bear_mark=BEAR_MARK,
        members=members,
        peers={member.name: member.address for member in members if member.name != host.name},
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
        "redis-replication": (ASK, "6379", "INFO", "replication"),
        "redis-master": (ASK, "26379", "SENTINEL", "MASTER", MASTER),
        "redis-sentinels": (ASK, "26379", "SENTINEL", "SENTINELS", MASTER),
    },
)
