"""Identity: Keystone under uwsgi, with a memcached beside it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stages.blueprint import REGION, Blueprint, Host, Tier
from stages.manifest import Command, Directory, File, Manifest, Unit, Wait
from stages.rendering import render, secret
from stages.roles.role import Formation, Mode, Role, Secret, SecretKind, Service

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
LIB, BIN = "/usr/local/lib/stagegate", "/opt/openstack/bin"
APPLIED = f"{LIB}/keystone-applied"
CONFIGURATION, KEYSTONE_UNIT = "/etc/keystone/keystone.conf", "/etc/systemd/system/keystone.service"
MEMCACHED, CLIENT, BOOTSTRAP = (
    "/etc/memcached.conf",
    "/etc/stagegate/keystone.cnf",
    "/etc/stagegate/bootstrap.env",
)
KEYS = {
    f"/etc/keystone/{kind}-keys/{number}": f"{kind}_key_{number}"
    for kind in ("fernet", "credential")
    for number in (0, 1)
}


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """Keystone and its cache, running; it answers for its health before the schema is there."""
    values: dict[str, Any] = {
        "host": host,
        "stage": blueprint.stage,
        "vip": blueprint.vip,
        "settings": blueprint.settings["identity"],
        "memcached": [f"{peer.address}:11211" for peer in blueprint.hosts_of("identity")],
    }

    def text(name: str) -> str:
        return render(HERE / "templates", name, **values)

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
            private(CONFIGURATION, text("keystone.conf")),
            *(private(path, secret(name)) for path, name in KEYS.items()),
            File(KEYSTONE_UNIT, text("keystone.service")),
            File(MEMCACHED, text("memcached.conf")),
            File(CLIENT, text("keystone.cnf"), mode=0o600),
            File(BOOTSTRAP, text("bootstrap.env"), mode=0o600),
            File(APPLIED, text("keystone-applied"), mode=0o755),
        ),
        units=(
            Unit("memcached.service", restart_on=(MEMCACHED,)),
            Unit("keystone.service", restart_on=(CONFIGURATION, KEYSTONE_UNIT, *KEYS)),
        ),
        commands=(
            Wait("keystone answers", until=_get(f"http://{host.address}:5000/healthcheck"), within=90),
            *_seen(blueprint),
        ),
    )


def _seen(blueprint: Blueprint) -> tuple[Wait, ...]:
    """Time for the load balancers to see this host up, where another one takes its turn after it."""
    checks = blueprint.settings.get("loadbalancer")
    if checks is None or len(blueprint.hosts_of("identity")) == 1:
        return ()
    # At the latest after these: a round that has just begun, the good ones in a row, the answer to the last.
    within = checks.check_down_interval + checks.check_rise * checks.check_fast_interval
    return (Wait("seen by the load balancers", until=("sleep", f"{within:g}")),)


def form(blueprint: Blueprint, _facts: Mapping[str, Mapping[str, str]]) -> tuple[Formation, ...]:
    """The schema, then the first project, user and endpoint, made by one host through the VIP."""
    hosts = blueprint.hosts_of("identity")
    if not hosts:
        return ()
    name, url = hosts[0].name, _url(blueprint)
    reachable = Wait(
        "the database answers",
        until=("mariadb", f"--defaults-extra-file={CLIENT}", "--execute", "SELECT 1"),
        within=60,
    )
    schema = _once(
        "keystone-schema",
        blueprint.openstack,
        ("runuser", "-u", "keystone", "--", f"{BIN}/keystone-manage", "db_sync"),
    )
    bootstrap = _once("keystone-bootstrap", url, _bootstrap(url), env_file=BOOTSTRAP)
    return (
        Formation(
            id="schema/keystone",
            kind="schema",
            host=name,
            title=f"bring Keystone's schema to {blueprint.openstack}",
            commands=(reachable, schema),
            done=schema.unless,
            irreversible="Keystone's schema has no way back",
        ),
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
        _ready(name, url),
    )


def _ready(host: str, url: str) -> Formation:
    return Formation(
        id="ready/identity",
        kind="ready",
        host=host,
        title="Keystone answers through the VIP",
        commands=(Wait("keystone answers at the VIP", until=_get(url)),),
        done=_get(url),
        after=("schema/keystone-bootstrap",),
    )


def _once(name: str, revision: str, run: tuple[str, ...], env_file: str | None = None) -> Command:
    """Run it, then note beside the data that it was done; nothing where that stands already."""
    noted = shlex.join((APPLIED, "note", name, revision))
    return Command(
        name,
        ("sh", "-c", f"{shlex.join(run)} && {noted}"),
        unless=(APPLIED, "known", name, revision),
        within=300,
        env_file=env_file,
    )


def _bootstrap(url: str) -> tuple[str, ...]:
    places = [part for kind in ("admin", "internal", "public") for part in (f"--bootstrap-{kind}-url", url)]
    return ("runuser", "-u", "keystone", "--", f"{BIN}/keystone-manage", "bootstrap",
            "--bootstrap-region-id", REGION, *places)  # fmt: skip


def _get(url: str) -> tuple[str, ...]:
    return ("curl", "--silent", "--fail", "--output", "/dev/null", "--max-time", "5", url)


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
    databases=("keystone",),
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
