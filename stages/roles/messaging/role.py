"""Messaging: RabbitMQ as a native cluster. Clients know all its hosts and use no load balancer."""

from pathlib import Path
from typing import Any

from stages.clusters.bootstrap import Bootstrap, peers
from stages.design import accounts
from stages.design.blueprint import Blueprint, Facts, Host, Plane, Role, Tier
from stages.design.data_package import DataPackage
from stages.design.declared import file_of
from stages.design.declaring import Setting
from stages.design.manifest import LIB, Command, Directory, File, Manifest, Unit, Wanted
from stages.design.parts import Formation, Listens, Refused, Secret
from stages.design.ports import Port
from stages.design.redeploying import from_peers
from stages.design.text import text
from stages.openstack import queues
from stages.roles.messaging import declared
from stages.roles.messaging.leave import leave

HERE = Path(__file__).parent
SCRIPTS = ("chosen", "discard", "dismiss", "erl", "gate", "joined", "names", "unread", "whole")
UNIT = "rabbitmq-server.service"
BOOTSTRAP = Bootstrap(
    program="rabbitmq",
    name="RabbitMQ",
    units=(UNIT,),
    member="/var/lib/rabbitmq/stagegate-member",
    port=25672,  # between brokers: a running one listens there before it serves clients
    within=180,
    # A folder for each queue that has a copy here; a broker that was never used has none.
    data={
        "/var/lib/rabbitmq/mnesia/*/quorum/*/*/": 0,
        "/var/lib/rabbitmq/mnesia/*/msg_stores/vhosts/*/queues/*/": 0,
    },
    follow=True,
)
NAMES = f"{LIB}/rabbitmq-names"
NAMED = Command("the names of all brokers", (NAMES, "write"), unless=(NAMES, "known"))
CONFIGURATION = "/etc/rabbitmq/rabbitmq.conf"
ADVANCED = "/etc/rabbitmq/advanced.config"
ENVIRONMENT = "/etc/rabbitmq/rabbitmq-env.conf"
DEFINITIONS = "/etc/rabbitmq/definitions.json"
COOKIE = "/var/lib/rabbitmq/.erlang.cookie"
DROP_IN = f"/etc/systemd/system/{UNIT}.d/stagegate.conf"
REMNANTS, REMNANTS_UNIT = f"{LIB}/rabbitmq-remnants", "/etc/systemd/system/rabbitmq-remnants.service"
LOOKS = 5  # seconds between two: a call takes some 20 ms of CPU
CALLERS = ("compute-api", "network-api", "volume-api", "compute")  # roles whose hosts call over the bus
READ = (CONFIGURATION, ADVANCED, ENVIRONMENT, DEFINITIONS, COOKIE, DROP_IN)


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """The broker's configuration, and its start. A change restarts it and waits until it serves."""
    members = blueprint.peers(host)
    values: dict[str, Any] = {
        "definitions": DEFINITIONS,
        "bootstrap": BOOTSTRAP,
        "peers": peers(host, members),
        "remnants": (REMNANTS, "--interval", str(LOOKS), BOOTSTRAP.script("erl")),
        "nobody_reads": queues.NOBODY_READS,
    }

    def file(path: str, template: str, mode: int = 0o644, user: str = "root", group: str = "root") -> File:
        return File(path, text(blueprint, host, template, **values), mode, user, group)

    return Manifest(
        host=host.name,
        users=(accounts.user("rabbitmq"),),
        directories=(Directory(LIB),),
        files=(
            file(CONFIGURATION, "rabbitmq.conf"),
            file(ADVANCED, "advanced.config"),
            file(ENVIRONMENT, "rabbitmq-env.conf"),
            file(DEFINITIONS, "definitions.json", mode=0o640, group="rabbitmq"),
            file(COOKIE, "erlang.cookie", mode=0o400, user="rabbitmq", group="rabbitmq"),
            file(DROP_IN, "rabbitmq-server.service.conf"),
            *(file(BOOTSTRAP.script(name), f"rabbitmq-{name}", mode=0o755) for name in SCRIPTS),
            *BOOTSTRAP.files(host, members),
            File(REMNANTS, (HERE / "remnants.py").read_text(encoding="utf-8"), mode=0o755),
            file(REMNANTS_UNIT, "rabbitmq-remnants.service"),
        ),
        units=(
            Unit(UNIT, wanted=Wanted.NOT_STARTED, restart_on=READ),
            Unit("rabbitmq-remnants.service", restart_on=(REMNANTS, REMNANTS_UNIT)),
        ),
        commands=(NAMED, *BOOTSTRAP.start, BOOTSTRAP.begun),
    )


def form(blueprint: Blueprint, plane: Plane, facts: Facts) -> tuple[Formation, ...] | Refused:
    """One cluster; then queues go that hosts have left which are gone."""
    made = BOOTSTRAP.formations(blueprint.stage, plane.hosts_of("messaging"), facts)
    if isinstance(made, Refused):
        return made
    after = tuple(item.id for item in made)
    return (*made, *queues.of_strangers(blueprint, facts, CALLERS, after))


def declares(manifest: Manifest) -> tuple[Setting, ...]:
    """The settings of the running broker, and all that its cluster has of accounts, permissions, policies."""
    configuration, advanced, environment, definitions = (
        file_of(manifest, path).content for path in (CONFIGURATION, ADVANCED, ENVIRONMENT, DEFINITIONS)
    )
    settings = declared.configuration(configuration, advanced, environment)
    return (*settings, *declared.definitions(definitions))


ROLE = Role(
    name="messaging",
    tier=Tier.SHARED,
    slot=2,
    components=("rabbitmq",),
    folder=HERE,
    manifest=manifest,
    declares=declares,
    form=form,
    facts={**BOOTSTRAP.facts, queues.FACT: queues.ASK},
    leave=leave,
    redeploy=from_peers("messaging", leave, "/var/lib/rabbitmq"),
    serves=("compute-api", "network-api", "volume-api"),
    listens=(
        Listens(4369, "epmd, where brokers ask for each other's port", peers=True),
        Listens(BOOTSTRAP.port, "between brokers", peers=True),
        Listens(Port.BUS, "AMQP", peers=True, users=CALLERS),
    ),
    keeps=("/var/lib/rabbitmq",),
    # 3.13 and 4.0 are feature releases: none may be skipped, or come before the flags of the last are on.
    data_package=DataPackage("rabbitmq-server", 2),
    own_secrets=(Secret("messaging_password", for_suites=True), Secret("messaging_cookie")),
    diagnostics={
        "rabbitmq-status": ("rabbitmqctl", "cluster_status", "--timeout", "10"),
        "rabbitmq-queues": (
            *("rabbitmqctl", "list_queues", "--timeout", "10"),
            *("name", "type", "leader", "online", "consumers", "messages"),
        ),
        "rabbitmq-configuration": ("cat", CONFIGURATION, ADVANCED, ENVIRONMENT),
    },
)
