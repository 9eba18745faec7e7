"""Identity: Keystone under uwsgi, with memcached on the same host."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from stages.design.blueprint import REGION, Blueprint, Facts, Host, Plane, Role, Tier
from stages.design.leaving import plainly
from stages.design.manifest import LIB, Directory, File, Manifest, Wait
from stages.design.parts import Database, Formation, Listens, Phase, Schema, Secret, SecretKind
from stages.design.ports import Port
from stages.design.redeploying import as_it_is
from stages.design.rendering import secret
from stages.design.upgrading import Question, Upgrade
from stages.openstack import caches, hosts, pending
from stages.openstack.forming import as_user, at_vip, once, ready, schema, services
from stages.openstack.software import BIN, Api, Software
from stages.openstack.text import text
from stages.openstack.upgrading import contract, expand, ready_question

CONFIGURATION, BOOTSTRAP = "/etc/keystone/keystone.conf", "/etc/stagegate/bootstrap.env"
ACCOUNTS, REGISTER = "/etc/stagegate/accounts.json", "keystone-register"
API = Api("keystone", "keystone.wsgi.api", "keystone", Port.IDENTITY, root="/v3")
# A login costs a password hash, some hundred times the work of validating a token.
OFFERED = replace(API.offered_as("identity"), waits_last="/v3/auth/tokens")
# Its health check passes even before its schema exists. Its settings have no threads: a process that handles
# two requests in parallel would mix up their tokens.
SOFTWARE = Software(
    configurations={CONFIGURATION: "keystone"},
    services=(API,),
    database="keystone",
    programs=(REGISTER,),
    self_starting=True,
)
SCHEMA = Schema(
    databases=("keystone",),
    command=(f"{BIN}/keystone-manage", "db_sync"),
    user="keystone",
    client=hosts.DATABASE,
    configurations=(CONFIGURATION,),
)
CHECK = (f"{BIN}/keystone-manage", "db_sync", "--check")
LEFT = {2: "expand is left to do", 4: "contract is left to do"}
BLIND = {"2025.1": "it compares the database with itself instead of the release's scripts"}
# There is nothing to migrate in between: its --migrate does nothing since Yoga.
UPGRADE = Upgrade(
    project="keystone",
    user="keystone",
    schemas=(SCHEMA,),
    ready=ready_question("keystone-status"),
    works=(
        expand(
            f"{BIN}/keystone-manage",
            "db_sync",
            "--expand",
            asked_after=Question(CHECK, good={0: "all is done", 4: LEFT[4]}, bad={2: LEFT[2]}, blind=BLIND),
        ),
        contract(
            f"{BIN}/keystone-manage",
            "db_sync",
            "--contract",
            asked_after=Question(CHECK, good={0: "all is done"}, bad=LEFT, blind=BLIND),
        ),
    ),
)
KINDS = ("fernet", "credential")
KEYS = {f"/etc/keystone/{kind}-keys/{number}": f"{kind}_key_{number}" for kind in KINDS for number in (0, 1)}


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """Keystone and its cache, running, and the files with which the first host registers other services."""
    made = hosts.manifest(blueprint, host, SOFTWARE)
    folders = [Directory(f"/etc/keystone/{kind}-keys", mode=0o750, group="keystone") for kind in KINDS]
    keys = [File(path, secret(name), mode=0o640, group="keystone") for path, name in KEYS.items()]
    bootstrap = File(BOOTSTRAP, text(blueprint, host, BOOTSTRAP), mode=0o600)
    units = (
        replace(unit, restart_on=(*unit.restart_on, *KEYS)) if unit.name == API.unit else unit
        for unit in made.units
    )
    return replace(
        made,
        directories=(*made.directories, *folders),
        files=(*made.files, *keys, bootstrap, File(ACCOUNTS, accounts(blueprint), mode=0o600)),
        units=tuple(units),
    )


def form(blueprint: Blueprint, plane: Plane, _facts: Facts) -> tuple[Formation, ...]:
    """Create the schema, then the first project, user and endpoint, on one host and through the VIP."""
    if not plane.hosts_of("identity"):
        return ()
    name, url = plane.hosts_of("identity")[0].name, OFFERED.endpoint(blueprint.vip)
    title = f"migrate Keystone's schema to {plane.openstack}"
    bootstrap = replace(once("keystone-bootstrap", url, [_bootstrap(url)]), env_file=BOOTSTRAP)
    known = hashlib.sha256(accounts(blueprint).encode()).hexdigest()
    registered = once("keystone-register", known, [(f"{LIB}/{REGISTER}",)])
    # The health check answers before there is a schema; the API does not.
    served = Wait("keystone answers at the VIP", until=hosts.get(url))
    serves = ready(blueprint, plane, "identity", SOFTWARE, after=("schema/keystone-accounts",))
    own = Wait(served.name, until=at_vip(blueprint, plane.hosts_of("identity")[0], API, API.root))
    return (
        schema(plane, "identity", "keystone", SCHEMA, title=title),
        Formation(
            id="schema/keystone-bootstrap",
            kind="schema",
            phase=Phase.MIGRATE,
            host=name,
            title="create Keystone's first project, user and endpoint",
            commands=(bootstrap,),
            done=bootstrap.unless,
            after=("schema/keystone",),
            irreversible="the first project, user and endpoint stay",
        ),
        Formation(
            id="schema/keystone-accounts",
            kind="schema",
            phase=Phase.MIGRATE,
            host=name,
            title="create the services' users and endpoints",
            commands=(served, registered),
            done=registered.unless,
            after=("schema/keystone-bootstrap",),
            irreversible="users and endpoints stay when a release that asked for them goes",
        ),
        *services(blueprint, plane, "identity", SOFTWARE),
        replace(serves, commands=(own,), done=own.until),
    )


def accounts(blueprint: Blueprint) -> str:
    """The users and endpoints that this stage's roles need in Keystone, as JSON with marks for passwords."""
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
    known = {"url": OFFERED.endpoint(blueprint.vip), "region": REGION, "services": entries}
    return json.dumps(known, indent=1) + "\n"


def _place(blueprint: Blueprint, role: Role) -> str:
    """The address of a role's endpoint: the VIP, or the first host's if the role is not load balanced."""
    return blueprint.vip if role.services else blueprint.serving(role.name)[0].address


def _bootstrap(url: str) -> tuple[str, ...]:
    places = [part for kind in ("admin", "internal", "public") for part in (f"--bootstrap-{kind}-url", url)]
    return as_user(
        "keystone", f"{BIN}/keystone-manage", "bootstrap", "--bootstrap-region-id", REGION, *places
    )


HEALTH = f"curl -s -m 3 http://$(hostname -i | cut -d' ' -f1):{API.port}{API.path}"
ROLE = Role(
    name="identity",
    tier=Tier.COLOURED,
    slot=0,
    components=("keystone", "memcached"),
    folder=Path(__file__).parent,
    uses_openstack=True,
    manifest=manifest,
    declares=caches.declares,
    form=form,
    # Nothing records which hosts serve, and a token that one gave is valid everywhere.
    leave=lambda _blueprint, _facts, going: plainly(going),
    redeploy=as_it_is,
    needs=("database", "loadbalancer"),
    databases=(Database("keystone", "keystone"),),
    schemas=(SCHEMA,),
    upgrades=(UPGRADE,),
    memory_mb=330,
    connections=SOFTWARE.connections,
    services=(OFFERED,),
    listens=(Listens(Port.MEMCACHED, "the caches, which all hosts share", peers=True),),
    # Its only list of hosts is that of the caches, which must be the same on all (keystone.conf).
    peer_files=(CONFIGURATION,),
    own_secrets=(
        Secret("admin_password", for_suites=True),
        *(Secret(name, SecretKind.FERNET) for name in KEYS.values()),
    ),
    facts={pending.FACT: pending.ASK},
    diagnostics=hosts.shown(SOFTWARE)
    | {"keystone-health": ("sh", "-c", HEALTH), "memcached-configuration": ("cat", hosts.MEMCACHED)},
)
