"""Identity: Keystone under uwsgi, with a memcached beside it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from stages.design.blueprint import REGION, Blueprint, Host, Role, Tier
from stages.design.manifest import LIB, Directory, File, Manifest, Unit, Wait
from stages.design.parts import Database, Formation, Mode, Schema, Secret, SecretKind, Service
from stages.design.rendering import secret
from stages.openstack.forming import as_user, once, schema
from stages.openstack.hosts import (
    DATABASE,
    MEMCACHED,
    client,
    get,
    schema_programs,
    seen_by_balancers,
    seen_up,
)
from stages.openstack.software import BIN
from stages.openstack.text import text

HERE = Path(__file__).parent
CONFIGURATION, KEYSTONE_UNIT = "/etc/keystone/keystone.conf", "/etc/systemd/system/keystone.service"
BOOTSTRAP, ACCOUNTS, REGISTER = (
    "/etc/stagegate/bootstrap.env",
    "/etc/stagegate/accounts.json",
    f"{LIB}/keystone-register",
)
SCHEMA = Schema(
    databases=("keystone",),
    command=(f"{BIN}/keystone-manage", "db_sync"),
    user="keystone",
    client=DATABASE,
    configurations=(CONFIGURATION,),
)
KEYS = {
    f"/etc/keystone/{kind}-keys/{number}": f"{kind}_key_{number}"
    for kind in ("fernet", "credential")
    for number in (0, 1)
}


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """Keystone and its cache, running; it answers for its health before the schema is there."""

    def own(name: str) -> str:
        return text(blueprint, host, HERE, name)

    def private(path: str, content: str) -> File:
        return File(path, content, mode=0o640, group="keystone")

    return Manifest(
        host=host.name,
        directories=(
            Directory(LIB),
            Directory("/etc/stagegate", mode=0o700),
            Directory("/etc/keystone", mode=0o750, group="keystone"),
            Directory("/etc/keystone/fernet-keys", mode=0o750, group="keystone"),
            Directory("/etc/keystone/credential-keys", mode=0o750, group="keystone"),
        ),
        files=(
            private(CONFIGURATION, own("keystone.conf")),
            *(private(path, secret(name)) for path, name in KEYS.items()),
            File(KEYSTONE_UNIT, own("keystone.service")),
            File(MEMCACHED, text(blueprint, host, None, "memcached.conf")),
            client(blueprint, host, DATABASE, "keystone"),
            *schema_programs(blueprint, host),
            seen_up(blueprint, host),
            File(BOOTSTRAP, own("bootstrap.env"), mode=0o600),
            File(ACCOUNTS, accounts(blueprint), mode=0o600),
            File(REGISTER, own("keystone-register"), mode=0o755),
        ),
        units=(
            Unit("memcached.service", restart_on=(MEMCACHED,)),
            Unit("keystone.service", restart_on=(CONFIGURATION, KEYSTONE_UNIT, *KEYS)),
        ),
        commands=(_answers(host),),
    )


def form(blueprint: Blueprint, _facts: Mapping[str, Mapping[str, str]]) -> tuple[Formation, ...]:
    """The schema, then the first project, user and endpoint, made by one host through the VIP."""
    hosts = blueprint.hosts_of("identity")
    if not hosts:
        return ()
    name, url = hosts[0].name, _url(blueprint)
    title = f"bring Keystone's schema to {blueprint.openstack}"
    made = schema(blueprint, "identity", "keystone", SCHEMA, title=title)
    bootstrap = replace(once("keystone-bootstrap", url, [_bootstrap(url)]), env_file=BOOTSTRAP)
    known = hashlib.sha256(accounts(blueprint).encode()).hexdigest()
    registered = once("keystone-register", known, [(REGISTER,)])
    return (
        made,
        Formation(
            id="schema/keystone-bootstrap",
            kind="schema",
            host=name,
            title="make Keystone's first project, user and endpoint",
            commands=(bootstrap,),
            done=bootstrap.unless,
            after=("schema/keystone",),
            irreversible="the first project, user and endpoint stay",
        ),
        Formation(
            id="schema/keystone-accounts",
            kind="schema",
            host=name,
            title="make the services' users and endpoints",
            commands=(Wait("keystone answers at the VIP", until=get(url)), registered),
            done=registered.unless,
            after=("schema/keystone-bootstrap",),
            irreversible="users and endpoints stay when a release that asked for them goes",
        ),
        *(_served(blueprint, host) for host in hosts),
        _ready(name, url),
    )


def _answers(host: Host) -> Wait:
    return Wait("keystone answers", until=get(f"http://{host.address}:5000/healthcheck"), within=120)


def _served(blueprint: Blueprint, host: Host) -> Formation:
    """It runs since its manifest; before another host takes its turn, the load balancers have to know."""
    active = ("systemctl", "is-active", "--quiet", "keystone.service")
    return Formation(
        id=f"service/{host.name}",
        kind="service",
        host=host.name,
        title=f"let the load balancers see {host.name} up",
        commands=(_answers(host), *seen_by_balancers(blueprint, host, (5000,))),
        done=active,
    )


def accounts(blueprint: Blueprint) -> str:
    """What the roles of this stage want Keystone to know, as JSON with marks for passwords."""
    entries = [
        {
            "type": entry.type,
            "user": entry.user,
            "password": secret(f"identity_{entry.user}_password"),
            "url": f"http://{_place(blueprint, role)}:{entry.port}{entry.path}",
        }
        for role in blueprint.roles.values()
        for entry in role.catalog
    ]
    return json.dumps({"url": _url(blueprint), "region": REGION, "services": entries}, indent=1) + "\n"


def _place(blueprint: Blueprint, role: Role) -> str:
    """Behind the load balancers; what has none stands by itself."""
    return blueprint.vip if role.services else blueprint.hosts_of(role.name)[0].address


def _ready(host: str, url: str) -> Formation:
    return Formation(
        id="ready/identity",
        kind="ready",
        host=host,
        title="Keystone answers through the VIP",
        commands=(Wait("keystone answers at the VIP", until=get(url)),),
        done=get(url),
        after=("schema/keystone-accounts",),
    )


def _bootstrap(url: str) -> tuple[str, ...]:
    places = [part for kind in ("admin", "internal", "public") for part in (f"--bootstrap-{kind}-url", url)]
    return as_user(
        "keystone", f"{BIN}/keystone-manage", "bootstrap", "--bootstrap-region-id", REGION, *places
    )


def _url(blueprint: Blueprint) -> str:
    return f"http://{blueprint.vip}:5000/v3"


ROLE = Role(
    name="identity",
    tier=Tier.COLOURED,
    slot=0,
    components=("keystone", "memcached"),
    folder=HERE,
    manifest=manifest,
    form=form,
    needs=("database", "loadbalancer"),
    databases=(Database("keystone", "keystone"),),
    schemas=(SCHEMA,),
    memory_mb=330,
    services=(Service("identity", 5000, Mode.HTTP, "/healthcheck", 5000),),
    secrets=(
        Secret("admin_password", for_suites=True),
        Secret("database_keystone_password"),
        *(Secret(name, SecretKind.FERNET) for name in KEYS.values()),
    ),
    diagnostics={
        "keystone-configuration": (
            "sh",
            "-c",
            f"sed 's#://keystone:[^@]*@#://keystone:***@#' {CONFIGURATION}",
        ),
        "keystone-health": (
            "sh",
            "-c",
            "curl -s -m 3 http://$(hostname -i | cut -d' ' -f1):5000/healthcheck",
        ),
        "memcached-configuration": ("cat", MEMCACHED),
    },
    endpoints=lambda blueprint: {"identity": _url(blueprint)},
)
