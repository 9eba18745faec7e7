"""The database: MariaDB with Galera, one writer behind the load balancers."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from stages.balancing import rotation
from stages.design import accounts
from stages.design.blueprint import Blueprint, Facts, Host, Plane, Role, Tier
from stages.design.data_package import DataPackage
from stages.design.declared import file_of
from stages.design.declaring import Setting
from stages.design.manifest import LIB, Command, Directory, File, Manifest, Unit, Wait, Wanted
from stages.design.parts import Formation, Listens, Milestone, Mode, Phase, Refused, Secret, Service
from stages.design.ports import Port
from stages.design.redeploying import from_peers
from stages.design.text import text
from stages.roles.database import backed_up, declared
from stages.roles.database.choice import start
from stages.roles.database.leave import leave

HERE = Path(__file__).parent
STATE, SYNCED, MEMBER, JOIN, UPGRADE = (
    f"{LIB}/galera-{name}" for name in ("state", "synced", "member", "join", "upgrade")
)
OF_MEMBER = f"{MEMBER}.json"
DATA = f"{LIB}/galera-data"
BOOTSTRAP = (MEMBER, "bootstrap")
DISCARD = Command("discard its data", (DATA, "discard"), unless=(SYNCED,))
CONFIGURATION = "/etc/mysql/mariadb.conf.d/90-stagegate.cnf"
MARIADB_UNIT = "/etc/systemd/system/mariadb.service.d/stagegate.conf"
CHECK_UNIT = "/etc/systemd/system/galera-check.service"
# A clean stop begins with it: another member takes over while this one still answers, but for its health
# check: galera-member knows the mark.
LEAVE = rotation.leaving(("database",), port=Port.DATABASE, mark="/run/mysqld/draining")
ACCOUNTS = "/etc/stagegate/accounts.sql"
# After a common start all members must run this in parallel; one alone waits for the others in vain.
# A member that gets data may take its time. In seconds; the one that gets none is stopped by galera-join.
JOINED_WITHIN = 24 * 3600.0
REGAINED = Command("regain the cluster", (MEMBER, "regain"), unless=(MEMBER, "regained"), within=200)


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """The member's configuration and its check. A change restarts a running server and waits until Synced."""
    # A member whose mariadb is not running has nothing to sync: a cluster step starts it later.
    synced = f"! systemctl is-active --quiet mariadb || {SYNCED}"
    settings = blueprint.settings["database"]
    return Manifest(
        host=host.name,
        users=(accounts.user("mysql"),),
        directories=(Directory(LIB), Directory("/etc/stagegate", mode=0o700), backed_up.directory()),
        files=(
            File(CONFIGURATION, text(blueprint, host, "galera.cnf")),
            File(MARIADB_UNIT, text(blueprint, host, "mariadb.service.conf", leave=LEAVE)),
            *rotation.files(blueprint, host, Mode.TCP, served_within=settings.drain_timeout),
            File(MEMBER, (HERE / "member.py").read_text(encoding="utf-8"), mode=0o755),
            File(OF_MEMBER, _of_member(blueprint, host)),
            File(JOIN, (HERE / "join.py").read_text(encoding="utf-8"), mode=0o755),
            File(UPGRADE, (HERE / "upgrade.py").read_text(encoding="utf-8"), mode=0o755),
            File(DATA, (HERE / "data.py").read_text(encoding="utf-8"), mode=0o755),
            File(CHECK_UNIT, text(blueprint, host, CHECK_UNIT)),
            File(STATE, text(blueprint, host, STATE), mode=0o755),
            File(SYNCED, text(blueprint, host, SYNCED), mode=0o755),
            File(ACCOUNTS, _accounts_sql(blueprint, host), mode=0o600),
            *backed_up.files(blueprint, host),
        ),
        units=(
            Unit("mariadb.service", wanted=Wanted.NOT_STARTED, restart_on=(CONFIGURATION,)),
            Unit("galera-check.service", restart_on=(MEMBER, OF_MEMBER, CHECK_UNIT)),
        ),
        commands=(
            REGAINED,
            Wait("synced, if running", until=("sh", "-c", synced), within=settings.sync_timeout),
        ),
    )


def form(blueprint: Blueprint, plane: Plane, facts: Facts) -> tuple[Formation, ...] | Refused:
    """Bootstrap the cluster on one member, let the others join one by one, and create the accounts.

    If a member is in a primary component, nothing is bootstrapped: all others join it. A state transfer fails
    if tables are created during it. So if the first member bootstraps the cluster, the others join after all
    schemas; otherwise they join before the accounts are created.
    """
    members = plane.hosts_of("database")
    begin = start(blueprint.stage, members, facts)
    if isinstance(begin, Refused):
        return begin
    first = begin.first
    new = first is members[0]
    settings = blueprint.settings["database"]
    sync = Wait("synced", until=(SYNCED,), within=settings.sync_timeout)
    bootstrap = Command("bootstrap", (*BOOTSTRAP, "chosen") if begin.over else BOOTSTRAP, within=300)
    join = Command("join", (JOIN, f"{settings.join_timeout:g}"), within=JOINED_WITHIN)
    formations = (
        [_member(first, f"start the Galera cluster on {first.name}", bootstrap, sync)] if first else []
    )
    for host in members:
        if host is not first:
            # One by one: each is donor of the next, so the first, which takes the writes, donates only once.
            loses = host.name in begin.discard
            title = f"join {host.name} to the Galera cluster{', discarding its own data' if loses else ''}"
            joined = _member(host, title, *((DISCARD,) if loses else ()), join, sync)
            after = tuple(item.id for item in formations[-1:])
            formations.append(replace(joined, after=after, needs=_tables(blueprint) if new else None))
    before = tuple(item.id for item in formations if item.needs is None)
    return (*formations, replace(_accounts(blueprint, members[0]), after=before))


def _tables(blueprint: Blueprint) -> tuple[Milestone, ...]:
    """All tables exist, with their first rows: the databases' own, and those of every role that has any."""
    with_tables = (name for name, role in blueprint.roles.items() if role.databases)
    return (
        Milestone("database", Phase.EXPAND),
        *(Milestone(name, Phase.MIGRATE) for name in with_tables),
    )


def _member(host: Host, title: str, *commands: Command | Wait) -> Formation:
    """Start the member for good, and wait until it is synced."""
    is_enabled = ("systemctl", "is-enabled", "mariadb")
    enable = Command("enable", ("systemctl", "enable", "mariadb"), unless=is_enabled)
    return Formation(
        id=f"cluster/{host.name}",
        kind="cluster",
        phase=Phase.BOOTSTRAP,
        host=host.name,
        title=title,
        commands=(enable, *commands),
        done=(SYNCED,),
    )


def _accounts(blueprint: Blueprint, host: Host) -> Formation:
    revision = hashlib.sha256(_accounts_sql(blueprint, host).encode()).hexdigest()
    known = f"SELECT 'known' FROM stagegate.applied WHERE name = 'accounts' AND revision = '{revision}'"  # noqa: S608 - a digest
    note = f"REPLACE INTO stagegate.applied VALUES ('accounts', '{revision}')"  # noqa: S608 - a digest
    done = ("sh", "-c", f'mariadb --batch --execute "{known}" | grep -q known')
    return Formation(
        id="schema/accounts",
        kind="schema",
        phase=Phase.EXPAND,
        host=host.name,
        title="create databases and accounts",
        commands=(
            Command(
                "accounts", ("sh", "-c", f'mariadb < {ACCOUNTS} && mariadb --execute "{note}"'), unless=done
            ),
        ),
        done=done,
        after=(f"cluster/{host.name}",),
        irreversible="databases and accounts stay when a release that asked for them goes",
    )


def _of_member(blueprint: Blueprint, host: Host) -> str:
    """What galera-member has to know about this host; the check's user, mysql, reads it, too."""
    settings = {
        "name": host.name,
        "members": {member.name: member.address for member in blueprint.peers(host)},
        "check_timeout": blueprint.settings["database"].check_timeout,
    }
    return json.dumps(settings, indent=2) + "\n"


def _accounts_sql(blueprint: Blueprint, host: Host) -> str:
    """The statements that create the databases and accounts of all roles."""
    databases = [database for role in blueprint.roles.values() for database in role.databases]
    accounts = sorted({database.account for database in databases})
    return text(blueprint, host, ACCOUNTS, databases=databases, accounts=accounts)


SHOW = ("mariadb", "--batch", "--connect-timeout=2", "--execute")
STATEMENTS = (
    "SELECT id, user, host, db, command, time, state, LEFT(info, 40) FROM information_schema.PROCESSLIST"
)
TRANSACTIONS = (
    "SELECT trx_id, trx_mysql_thread_id, trx_state, trx_started, trx_wait_started, trx_operation_state "
    "FROM information_schema.INNODB_TRX"
)
TAIL = ("-exec", "tail", "--lines=200", "{}", "+")


def declares(manifest: Manifest) -> tuple[Setting, ...]:
    """The settings of the running server."""
    return tuple(declared.settings(file_of(manifest, CONFIGURATION).content))


ROLE = Role(
    name="database",
    tier=Tier.SHARED,
    slot=1,
    components=("galera",),
    folder=HERE,
    manifest=manifest,
    declares=declares,
    form=form,
    leave=leave,
    back_up=backed_up.back_up,
    redeploy=from_peers("database", leave, "/var/lib/mysql"),
    # One that is to be alone, and starts before the others are gone, would found a cluster of its own.
    leaves_first=True,
    listens=(
        Listens(4567, "replication", peers=True),
        Listens(4568, "transfer of missed writes", peers=True),
        Listens(4444, "transfer of the whole state", peers=True),
        Listens(Port.GALERA_CHECK, "state of a member", peers=True),
    ),
    keeps=("/var/lib/mysql", backed_up.KEPT_IN),
    # 10.11 and 11.4 are major releases: MariaDB reads older data, and supports no way back.
    data_package=DataPackage("mariadb-server", 2),
    memory_mb=260,
    services=(
        Service(
            "database", Port.DATABASE, Mode.TCP, "/", Port.GALERA_CHECK, one_writer=True, idle_timeout="90m"
        ),
    ),
    own_secrets=(Secret("database_probe_password", for_suites=True),),
    facts={"galera": (STATE,)},
    looks={"position": (DATA, "position")},
    left_out=(REGAINED.name,),
    diagnostics={
        "galera-status": (*SHOW, "SHOW GLOBAL STATUS LIKE 'wsrep%'"),
        "galera-variables": (*SHOW, "SHOW GLOBAL VARIABLES LIKE 'wsrep%'"),
        # Who waits for whom. The beginning of a statement has no value that could be secret.
        "galera-statements": (*SHOW, STATEMENTS),
        "galera-transactions": (*SHOW, TRANSACTIONS),
        "galera-configuration": ("cat", CONFIGURATION),
        "galera-position": ("cat", "/var/lib/mysql/grastate.dat"),
        # Why a transfer failed: the journal has the exit status of mariadb-backup alone.
        "galera-transfer": ("find", "/var/lib/mysql", "-name", "mariabackup.*.log", *TAIL),
    },
)
