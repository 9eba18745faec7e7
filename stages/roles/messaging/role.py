"""Messaging: RabbitMQ as a native cluster. Clients know all its hosts; no load balancer is between."""

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
SCRIPTS = ("erl", "gate", "joined", "begun", "whole", "bear")
BEGUN, WHOLE, BEAR = (f"{LIB}/rabbitmq-{name}" for name in ("begun", "whole", "bear"))
MEMBER_MARK = "/var/lib/rabbitmq/stagegate-member"  # beside the data: it comes and goes with them
BEAR_MARK = "/run/stagegate/rabbitmq-bear"
UNIT = "rabbitmq-server.service"
CONFIGURATION = "/etc/rabbitmq/rabbitmq.conf"
ADVANCED = "/etc/rabbitmq/advanced.config"
ENVIRONMENT = "/etc/rabbitmq/rabbitmq-env.conf"
DEFINITIONS = "/etc/rabbitmq/definitions.json"
COOKIE = "/var/lib/rabbitmq/.erlang.cookie"
DROP_IN = f"/etc/systemd/system/{UNIT}.d/stagegate.conf"
READ = (CONFIGURATION, ADVANCED, ENVIRONMENT, DEFINITIONS, COOKIE, DROP_IN)
ENABLE = Command("enable", ("systemctl", "enable", UNIT), unless=("systemctl", "is-enabled", UNIT))
# Not waited for: who has no data waits itself, for a cluster that may be born on another host only later.
START = Command(
    "start",
    ("systemctl", "start", "--no-block", UNIT),
    unless=("sh", "-c", f"systemctl is-active {UNIT} | grep -qx -e active -e activating -e reloading"),
)


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """The broker's configuration, and the broker started. A change restarts it and waits till it serves."""

    def text(name: str) -> str:
        return _text(blueprint, host, name)

    return Manifest(
        host=host.name,
        directories=(Directory(LIB),),
        files=(
            File(CONFIGURATION, text("rabbitmq.conf")),
            File(ADVANCED, text("advanced.config")),
            File(ENVIRONMENT, text("rabbitmq-env.conf")),
            File(DEFINITIONS, text("definitions.json"), mode=0o640, group="rabbitmq"),
            File(COOKIE, text("erlang.cookie"), mode=0o400, owner="rabbitmq", group="rabbitmq"),
            File(DROP_IN, text("rabbitmq-server.service.conf")),
            *(File(f"{LIB}/rabbitmq-{name}", text(f"rabbitmq-{name}"), mode=0o755) for name in SCRIPTS),
        ),
        units=(Unit(UNIT, wanted=Wanted.LEFT, restart_on=READ),),
        commands=(ENABLE, START, Wait("begun", until=(BEGUN,), within=60)),
    )


def form(blueprint: Blueprint, facts: Mapping[str, Mapping[str, str]]) -> tuple[Formation, ...]:
    """Every broker in the one cluster. The first may bear it, where no other one is to be found.

    All brokers were started by their manifests, so they join at the same time; the steps only wait for
    them in turn. What was seen when the plan was made decides nothing: who bears a cluster asks then.
    """
    del facts
    members = blueprint.hosts_of("messaging")
    return tuple(_member(host, first=host is members[0]) for host in members)


def _member(host: Host, *, first: bool) -> Formation:
    bear = (Command("bear, if there is no cluster", (BEAR,)),) if first else ()
    return Formation(
        id=f"cluster/{host.name}",
        kind="cluster",
        host=host.name,
        title=f"{'start' if first else 'join'} the RabbitMQ cluster on {host.name}",
        commands=(*bear, ENABLE, START, Wait("in the cluster", until=(WHOLE,), within=180)),
        done=(WHOLE,),
    )


def _text(blueprint: Blueprint, host: Host, name: str) -> str:
    members = blueprint.hosts_of("messaging")
    return render(
        HERE / "templates",
        name,
        host=host,
        site=blueprint.site,
        stage=blueprint.stage,
        lib=LIB,
        definitions=DEFINITIONS,
        member_mark=MEMBER_MARK,
        bear_mark=BEAR_MARK,
        members=members,
        peers={member.name: member.address for member in members if member.name != host.name},
        settings=blueprint.settings["messaging"],
    )


ROLE = Role(
    name="messaging",
    tier=Tier.SHARED,
    slot=2,
    components=("rabbitmq",),
    folder=HERE,
    manifest=manifest,
    form=form,
    keeps=("/var/lib/rabbitmq",),
    secrets=(Secret("messaging_password", for_suites=True), Secret("messaging_cookie")),
    diagnostics={
        "rabbitmq-status": ("rabbitmqctl", "cluster_status", "--timeout", "10"),
        "rabbitmq-queues": (
            *("rabbitmqctl", "list_queues", "--timeout", "10"),
            *("name", "type", "leader", "online", "consumers", "messages"),
        ),
        "rabbitmq-configuration": ("cat", CONFIGURATION, ADVANCED, ENVIRONMENT),
    },
)
