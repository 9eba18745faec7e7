"""Messaging: RabbitMQ as a native cluster. Clients know all its hosts and use no load balancer."""

from collections.abc import Mapping
from pathlib import Path

from stages.clusters.bootstrap import Bootstrap, peers
from stages.design.blueprint import Blueprint, Host, Role, Tier
from stages.design.manifest import LIB, Directory, File, Manifest, Unit, Wanted
from stages.design.parts import Formation, Secret
from stages.design.rendering import render

HERE = Path(__file__).parent
SCRIPTS = ("erl", "gate", "joined", "whole")
UNIT = "rabbitmq-server.service"
BOOTSTRAP = Bootstrap(
    program="rabbitmq",
    name="RabbitMQ",
    units=(UNIT,),
    member="/var/lib/rabbitmq/stagegate-member",
    port=25672,  # between brokers: a running one listens there before it serves clients
    within=180,
)
CONFIGURATION = "/etc/rabbitmq/rabbitmq.conf"
ADVANCED = "/etc/rabbitmq/advanced.config"
ENVIRONMENT = "/etc/rabbitmq/rabbitmq-env.conf"
DEFINITIONS = "/etc/rabbitmq/definitions.json"
COOKIE = "/var/lib/rabbitmq/.erlang.cookie"
DROP_IN = f"/etc/systemd/system/{UNIT}.d/stagegate.conf"
READ = (CONFIGURATION, ADVANCED, ENVIRONMENT, DEFINITIONS, COOKIE, DROP_IN)


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """The broker's configuration, and its start. A change restarts it and waits until it serves."""

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
            *(File(BOOTSTRAP.script(name), text(f"rabbitmq-{name}"), mode=0o755) for name in SCRIPTS),
            *BOOTSTRAP.files(host, blueprint.hosts_of("messaging")),
        ),
        units=(Unit(UNIT, wanted=Wanted.NOT_STARTED, restart_on=READ),),
        commands=(*BOOTSTRAP.start, BOOTSTRAP.begun),
    )


def form(blueprint: Blueprint, _facts: Mapping[str, Mapping[str, str]]) -> tuple[Formation, ...]:
    """All brokers in one cluster."""
    return BOOTSTRAP.formations(blueprint.hosts_of("messaging"))


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
        member_mark=BOOTSTRAP.member,
        bootstrap_mark=BOOTSTRAP.mark,
        members=members,
        peers=peers(host, members),
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
    serves=("compute-api", "network-api", "volume-api"),
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
