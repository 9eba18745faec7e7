"""The database: MariaDB with Galera, one writer behind the load balancers."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from stages.blueprint import Blueprint, Host, Tier
from stages.manifest import LIB, Command, Directory, File, Manifest, Unit, Wait, Wanted
from stages.rendering import render
from stages.roles.role import Formation, Mode, Refused, Role, Secret, Service

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
STATE, SYNCED, BOOTSTRAP, CHECK, DRAIN = (
    f"{LIB}/galera-{name}" for name in ("state", "synced", "bootstrap", "check", "drain")
)
CONFIGURATION = "/etc/mysql/mariadb.conf.d/90-stagegate.cnf"
MARIADB_UNIT = "/etc/systemd/system/mariadb.service.d/stagegate.conf"
CHECK_UNIT = "/etc/systemd/system/galera-check.service"
ACCOUNTS = "/etc/stagegate/accounts.sql"
SYNC = Wait("synced", until=(SYNCED,), within=120)
# While mariadb is not running the member has nothing to sync: a cluster step will start it.
SYNC_IF_RUNNING = Wait(
    "synced, if running", until=("sh", "-c", f"! systemctl is-active --quiet mariadb || {SYNCED}"), within=120
)


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """The member's configuration and its check. A change restarts a running server and waits till Synced."""

    def text(name: str) -> str:
        return _text(blueprint, host, name)

    return Manifest(
        host=host.name,
        directories=(Directory(LIB), Directory("/etc/stagegate", mode=0o700)),
        files=(
            File(CONFIGURATION, text("galera.cnf")),
            File(MARIADB_UNIT, text("mariadb.service.conf")),
            File(DRAIN, text("galera-drain"), mode=0o755),
            File(CHECK, text("galera-check"), mode=0o755),
            File(CHECK_UNIT, text("galera-check.service")),
            File(STATE, text("galera-state"), mode=0o755),
            File(SYNCED, text("galera-synced"), mode=0o755),
            File(BOOTSTRAP, text("galera-bootstrap"), mode=0o755),
            File(ACCOUNTS, text("accounts.sql"), mode=0o600),
        ),
        units=(
            Unit("mariadb.service", wanted=Wanted.LEFT, restart_on=(CONFIGURATION,)),
            Unit("galera-check.service", restart_on=(CHECK, CHECK_UNIT)),
        ),
        commands=(SYNC_IF_RUNNING,),
    )


def form(blueprint: Blueprint, facts: Mapping[str, Mapping[str, str]]) -> tuple[Formation, ...] | Refused:
    """A cluster born on one member and joined by the others one after the other, then the accounts.

    Where some member is in a primary component nothing is born: all others join it. Where none is but
    data lie on several, a person must say which are the newest.
    """
    members = blueprint.hosts_of("database")
    states = {host.name: facts.get(host.name, {}).get("galera", "stopped fresh") for host in members}
    first = _first(members, states)
    if isinstance(first, Refused):
        return first
    formations = [_born(first)] if first else []
    for host in members:
        if host is not first:
            formations.append(_joined(host, after=formations[-1].id if formations else None))
    accounts = _accounts(blueprint, members[0], after=tuple(formation.id for formation in formations))
    return (*formations, accounts)


def _first(members: tuple[Host, ...], states: Mapping[str, str]) -> Host | Refused | None:
    """The member to bear the cluster; None when there is a cluster to join."""
    if "primary" in states.values():
        return None if len(members) > 1 else members[0]
    safe = [host for host in members if states[host.name] == "stopped safe"]
    if len(members) == 1 or all(state == "stopped fresh" for state in states.values()):
        return members[0]
    if len(safe) == 1:
        return safe[0]
    seen = ", ".join(f"{name} is {state}" for name, state in states.items())
    return Refused(
        f"no database is in a primary component, and there are data: {seen}; "
        "which are the newest is not guessed: a wrong guess loses what was acknowledged",
        next="docs/operate.md, 'All databases are down'",
    )


def _born(host: Host) -> Formation:
    return Formation(
        id=f"cluster/{host.name}",
        kind="cluster",
        host=host.name,
        title=f"start the Galera cluster on {host.name}",
        commands=(
            Command(
                "enable", ("systemctl", "enable", "mariadb"), unless=("systemctl", "is-enabled", "mariadb")
            ),
            Command("bootstrap", (BOOTSTRAP,)),
            SYNC,
        ),
        done=(SYNCED,),
    )


def _joined(host: Host, after: str | None) -> Formation:
    return Formation(
        id=f"cluster/{host.name}",
        kind="cluster",
        host=host.name,
        title=f"join {host.name} to the Galera cluster",
        commands=(
            Command(
                "enable", ("systemctl", "enable", "mariadb"), unless=("systemctl", "is-enabled", "mariadb")
            ),
            Command("join", ("systemctl", "start", "mariadb"), within=300),
            SYNC,
        ),
        done=(SYNCED,),
        after=(after,) if after else (),
    )


def _accounts(blueprint: Blueprint, host: Host, after: tuple[str, ...]) -> Formation:
    revision = hashlib.sha256(_text(blueprint, host, "accounts.sql").encode()).hexdigest()
    known = f"SELECT 'known' FROM stagegate.applied WHERE name = 'accounts' AND revision = '{revision}'"  # noqa: S608 - a digest
    note = f"REPLACE INTO stagegate.applied VALUES ('accounts', '{revision}')"  # noqa: S608 - a digest
    done = ("sh", "-c", f'mariadb --batch --execute "{known}" | grep -q known')
    return Formation(
        id="schema/accounts",
        kind="schema",
        host=host.name,
        title="make databases and accounts",
        commands=(
            Command(
                "accounts", ("sh", "-c", f'mariadb < {ACCOUNTS} && mariadb --execute "{note}"'), unless=done
            ),
        ),
        done=done,
        after=after,
        irreversible="databases and accounts stay when a release that asked for them goes",
    )


def _text(blueprint: Blueprint, host: Host, name: str) -> str:
    return render(
        HERE / "templates",
        name,
        host=host,
        site=blueprint.site,
        stage=blueprint.stage,
        lib=LIB,
        members=blueprint.hosts_of("database"),
        settings=blueprint.settings["database"],
        databases=[database for role in blueprint.roles.values() for database in role.databases],
        accounts=sorted({item.account for role in blueprint.roles.values() for item in role.databases}),
    )


STATUS = "SHOW GLOBAL STATUS LIKE 'wsrep%'"
ROLE = Role(
    name="database",
    tier=Tier.SHARED,
    slot=1,
    components=("galera",),
    folder=HERE,
    manifest=manifest,
    form=form,
    keeps=("/var/lib/mysql",),
    memory_mb=260,
    services=(Service("database", 3306, Mode.TCP, "/", 9200, one_writer=True, idle_timeout="90m"),),
    secrets=(Secret("database_probe_password", for_suites=True),),
    facts={"galera": (STATE,)},
    diagnostics={
        "galera-status": ("mariadb", "--batch", "--connect-timeout=2", "--execute", STATUS),
        "galera-variables": (
            "mariadb",
            "--batch",
            "--connect-timeout=2",
            "--execute",
            "SHOW GLOBAL VARIABLES LIKE 'wsrep%'",
        ),
        "galera-configuration": ("cat", CONFIGURATION),
        "galera-position": ("cat", "/var/lib/mysql/grastate.dat"),
    },
    endpoints=lambda blueprint: {"database": f"{blueprint.vip}:3306"},
)
