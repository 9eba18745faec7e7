"""The document store: MongoDB as a replica set. Clients list all members and find the primary themselves.

Unproven: this was written from MongoDB's documentation and has never run.
"""

import json
from pathlib import Path
from typing import Any

from stages.design import accounts
from stages.design.blueprint import Blueprint, Facts, Host, Plane, Role, Tier
from stages.design.data_package import DataPackage
from stages.design.leaving import Going
from stages.design.manifest import LIB, Command, Directory, File, Manifest, Unit, Wait, Wanted
from stages.design.parts import Formation, Listens, Phase, Refused, Secret
from stages.design.rendering import secret
from stages.design.text import text

HERE = Path(__file__).parent
STATE = f"{LIB}/mongodb-state"
CONFIGURATION, KEY, UNIT = "/etc/mongod.conf", "/etc/mongod.key", "/etc/systemd/system/mongod.service"
INITIATE = "/etc/stagegate/mongodb-initiate.js"
DATA = "/var/lib/mongodb"
REPLICA_SET, PORT = "stagegate", 27017
IN_SET = ("primary", "secondary", "joining")


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """The member's configuration. A change restarts a running server and waits until it serves again."""
    places = json.dumps([f"{member.address}:{PORT}" for member in blueprint.peers(host)])
    values: dict[str, Any] = {
        "configuration": CONFIGURATION,
        "key": KEY,
        "places": places,
        "port": PORT,
        "replica_set": REPLICA_SET,
    }

    def file(path: str, template: str, mode: int = 0o644) -> File:
        return File(path, text(blueprint, host, template, **values), mode)

    again = f"! systemctl is-active --quiet mongod || {STATE} | grep -qE 'primary|secondary|fresh'"
    return Manifest(
        host=host.name,
        users=(accounts.user("mongodb"),),
        directories=(
            Directory(LIB),
            Directory("/etc/stagegate", mode=0o700),
            Directory(DATA, mode=0o750, owner="mongodb", group="mongodb"),
        ),
        files=(
            file(CONFIGURATION, "mongod.conf"),
            File(KEY, secret("mongodb_key"), mode=0o600, owner="mongodb", group="mongodb"),
            file(UNIT, "mongod.service"),
            file(STATE, "mongodb-state", mode=0o755),
            file(INITIATE, "initiate.js", mode=0o600),
        ),
        units=(Unit("mongod.service", wanted=Wanted.NOT_STARTED, restart_on=(CONFIGURATION, KEY, UNIT)),),
        commands=(Wait("serves, if running", until=("sh", "-c", again), within=120),),
    )


def form(_blueprint: Blueprint, plane: Plane, facts: Facts) -> tuple[Formation, ...]:
    """Start all members, then create the replica set on the first, or wait for the existing one.

    A member that lost its data is still in the set's configuration and gets it again from its peers.
    """
    members = plane.hosts_of("document-store")
    if not members:
        return ()
    lives = any(facts.get(host.name, {}).get("mongodb") in IN_SET for host in members)
    started = tuple(_started(host) for host in members)
    return (*started, _whole(members[0], bootstraps=not lives, after=tuple(item.id for item in started)))


def _started(host: Host) -> Formation:
    return Formation(
        id=f"cluster/{host.name}",
        kind="cluster",
        phase=Phase.BOOTSTRAP,
        host=host.name,
        title=f"start MongoDB on {host.name}",
        commands=(
            Command("start", ("systemctl", "enable", "--now", "mongod")),
            Wait("serves", until=(STATE, "serves"), within=60),
        ),
        done=(STATE, "serves"),
    )


def _whole(host: Host, *, bootstraps: bool, after: tuple[str, ...]) -> Formation:
    whole = Wait("whole", until=(STATE, "whole"), within=120)
    run = ("mongosh", "--quiet", "--norc", "--port", str(PORT), "--file", INITIATE)
    initiate = Command("initiate", run, unless=(STATE, "whole"), within=300)
    return Formation(
        id="schema/replica-set",
        kind="schema",
        phase=Phase.BOOTSTRAP,
        host=host.name,
        title="create MongoDB's replica set and accounts" if bootstraps else "wait for MongoDB's replica set",
        commands=(initiate, whole) if bootstraps else (whole,),
        done=(STATE, "whole"),
        after=after,
        irreversible="the replica set, its accounts and its data stay",
    )


def _leave(_blueprint: Blueprint, _facts: Facts, _going: tuple[Going, ...]) -> Refused:
    return Refused("how a member leaves MongoDB's replica set was never tried", next="")


def _redeploy(_blueprint: Blueprint, _facts: Facts, _going: Going) -> Refused:
    return Refused("how a member of MongoDB's replica set is replaced was never tried", next="")


ROLE = Role(
    name="document-store",
    tier=Tier.SHARED,
    slot=5,
    components=("mongodb",),
    folder=HERE,
    manifest=manifest,
    form=form,
    leave=_leave,
    listens=(Listens(PORT, "MongoDB", peers=True, users=None),),
    redeploy=_redeploy,
    keeps=(DATA,),
    # 7.0 and 8.0 are releases: from one only to the next, and since 7.0 the community edition never back.
    data_package=DataPackage("mongodb-org-server", 2),
    memory_mb=500,  # a guess: the cache, and as much again
    own_secrets=(
        Secret("mongodb_key"),
        Secret("mongodb_admin_password"),
        Secret("mongodb_probe_password", for_suites=True),
    ),
    facts={"mongodb": (STATE,)},
    diagnostics={
        "mongodb-state": (STATE,),
        "mongodb-configuration": ("cat", CONFIGURATION),
    },
    unproven="no mongod can be installed here: Debian has none, and the image is built from Debian alone",
)
