"""OVN's control plane: northd, and the northbound and southbound databases as raft clusters of all hosts.

Nothing here goes through the load balancers: clients (Neutron, ovn-controller) list all hosts and find
the leader themselves, on TCP 6641 (northbound) and 6642 (southbound).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from stages.design.blueprint import CHOSEN, Blueprint, Facts, Host, Plane, Role, Tier
from stages.design.data_package import DataPackage
from stages.design.declared import file_of
from stages.design.declaring import Setting
from stages.design.leaving import Going, Leave
from stages.design.manifest import LIB, Command, Directory, File, Manifest, Unit, Wait, Wanted
from stages.design.parts import Formation, Listens, Phase, Refused
from stages.design.ports import Port
from stages.design.redeploying import from_peers
from stages.design.text import text
from stages.roles.ovn import declared, leave

PROGRAM = f"{LIB}/ovn-databases"
DEFAULTS, NORTHD_DEFAULTS = "/etc/default/ovn-central", "/etc/default/ovn-northd"
SERVERS = ("ovn-ovsdb-server-nb.service", "ovn-ovsdb-server-sb.service")
NORTHD = "ovn-northd.service"
NORTHD_UNIT = f"/etc/systemd/system/{NORTHD}.d/stagegate.conf"


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """The member's configuration. Servers that have data are started; a formation starts the others."""
    addresses = [member.address for member in blueprint.peers(host)]
    values: dict[str, Any] = {
        "peers": [address for address in addresses if address != host.address],
        "program": PROGRAM,
        "northbound": _remotes(addresses, Port.NORTHBOUND),
        "southbound": _remotes(addresses, Port.SOUTHBOUND),
    }
    return Manifest(
        host=host.name,
        directories=(Directory(LIB),),
        files=(
            File(PROGRAM, text(blueprint, host, PROGRAM, **values), mode=0o755),
            File(DEFAULTS, text(blueprint, host, DEFAULTS, **values)),
            File(NORTHD_DEFAULTS, text(blueprint, host, NORTHD_DEFAULTS, **values)),
            File(NORTHD_UNIT, text(blueprint, host, "ovn-northd.service.conf", defaults=NORTHD_DEFAULTS)),
        ),
        units=(
            *(Unit(name, wanted=Wanted.NOT_STARTED, restart_on=(DEFAULTS,)) for name in SERVERS),
            Unit(NORTHD, wanted=Wanted.NOT_STARTED, restart_on=(NORTHD_DEFAULTS, NORTHD_UNIT)),
        ),
        commands=(
            # Members that have data find each other in any order, and a running one is known to have data.
            Command("start what has data", (PROGRAM, "start"), unless=(PROGRAM, "started")),
            Wait("settled", until=(PROGRAM, "settled"), within=60),
            Command("election timer", (PROGRAM, "retime"), unless=(PROGRAM, "timed")),
        ),
    )


def form(blueprint: Blueprint, plane: Plane, facts: Facts) -> tuple[Formation, ...] | Refused:
    """Bootstrap two clusters on one member, let the others join, then migrate the schemas.

    If two or more members have data, none bootstraps: the others join. A single member that has data may
    have been killed while bootstrapping: it creates what is missing, but only if no other member has it.
    """
    members = plane.hosts_of("ovn")
    if not members:
        return ()
    states = {host.name: facts.get(host.name, {}).get("ovn", "fresh") for host in members}
    holders = [host for host in members if states[host.name] != "fresh"]
    if chosen := [host for host in members if facts.get(host.name, {}).get(CHOSEN)]:
        return _refounded(blueprint.stage, members, states, chosen[0])
    looked = all("log" in facts.get(host.name, {}) for host in members)
    if (
        looked and holders and len(holders) * 2 <= len(members)
    ):  # a person asks: a leader will not come by itself
        seen = ", ".join(f"{name} is {state}" for name, state in states.items())
        return Refused(
            f"less than a majority has data of OVN: {seen}; what the others had agreed on is lost",
            next=f"promote bootstrap --stage {blueprint.stage} --from HOST",
        )
    first = members[0] if not holders else holders[0] if len(holders) == 1 else None
    # Members that have data come first: the others can only join them.
    order = sorted(members, key=lambda host: (host is not first, host not in holders))
    known = tuple(f"cluster/{host.name}" for host in holders)
    formations = tuple(
        _entered(
            host, bootstraps=host is first, alone=host in holders, after=() if host in holders else known
        )
        for host in order
    )
    return (*formations, _migrated(members[0], tuple(item.id for item in formations)), _whole(members[-1]))


def _refounded(
    stage: str, members: Sequence[Host], states: Mapping[str, str], chosen: Host
) -> tuple[Formation, ...] | Refused:
    """A cluster of the copy that a person chose; the others lay theirs aside, then join.

    A copy does not show whether it misses what a lost majority had agreed on, so nobody else chooses.
    """
    seen = ", ".join(f"{name} is {state}" for name, state in states.items())
    if "member" in states.values():
        return Refused(f"OVN's databases have a leader already: {seen}", next=f"promote --stage {stage}")
    if states[chosen.name] == "fresh":
        what = f"{chosen.name} has no copy of OVN's databases: {seen}"
        return Refused(what, next=f"promote bootstrap --stage {stage}")
    found = Command("found", (PROGRAM, "found"), unless=(PROGRAM, "member"))
    discard = Command("discard", (PROGRAM, "discard"), unless=(PROGRAM, "member"))
    begin = replace(
        _entered(chosen, bootstraps=True, alone=True, after=()),
        title=f"start OVN's databases on {chosen.name}, from its data",
    )
    formations = [replace(begin, commands=(found, *begin.commands))]
    for host in sorted(
        (host for host in members if host is not chosen), key=lambda host: states[host.name] == "fresh"
    ):
        joined = _entered(host, bootstraps=False, alone=False, after=(begin.id,))
        if states[host.name] != "fresh":
            title = f"{joined.title}, discarding its own data"
            joined = replace(joined, title=title, commands=(discard, *joined.commands))
        formations.append(joined)
    migrated = _migrated(members[0], tuple(item.id for item in formations))
    return (*formations, migrated, _whole(members[-1]))


def _entered(host: Host, *, bootstraps: bool, alone: bool, after: tuple[str, ...]) -> Formation:
    verb, title = (
        ("bootstrap", "start OVN's databases on") if bootstraps else ("join", "join OVN's databases on")
    )
    # If several members have data, none has a leader before a majority runs.
    until = "settled" if alone and not bootstraps else "joined"
    return Formation(
        id=f"cluster/{host.name}",
        kind="cluster",
        phase=Phase.BOOTSTRAP,
        host=host.name,
        title=f"{title} {host.name}",
        commands=(
            Command(verb, (PROGRAM, verb)),
            Wait(until, until=(PROGRAM, until), within=60),
            # A member that lost its data returns as a new one; the old one would count for quorum forever.
            Command("evict", (PROGRAM, "evict")),
            Command("northd", ("systemctl", "start", NORTHD)),
        ),
        done=(PROGRAM, "member"),
        after=after,
    )


def _migrated(host: Host, after: tuple[str, ...]) -> Formation:
    return Formation(
        id="schema/ovn",
        kind="schema",
        phase=Phase.EXPAND,
        host=host.name,
        title="migrate the schemas of OVN's databases to the package's",
        commands=(
            Wait("joined", until=(PROGRAM, "joined"), within=60),
            Command("migrate", (PROGRAM, "migrate"), unless=(PROGRAM, "current")),
        ),
        done=(PROGRAM, "current"),
        after=after,
        irreversible="a migration of OVN's databases can't be reverted",
    )


def _whole(host: Host) -> Formation:
    return Formation(
        id="ready/ovn",
        kind="ready",
        phase=Phase.SERVE,
        host=host.name,
        title="OVN's databases have a leader",
        commands=(Wait("member", until=(PROGRAM, "member"), within=60),),
        done=(PROGRAM, "member"),
    )


def _remotes(addresses: list[str], port: int) -> str:
    return ",".join(f"tcp:{address}:{port}" for address in addresses)


def _status(short: str, name: str) -> tuple[str, ...]:
    return ("ovn-appctl", "--timeout=5", "-t", f"/run/ovn/ovn{short}_db.ctl", "cluster/status", name)


def _leave(blueprint: Blueprint, _facts: Facts, going: tuple[Going, ...]) -> tuple[Leave, ...]:
    return leave.leave(blueprint, going, PROGRAM)


def declares(manifest: Manifest) -> tuple[Setting, ...]:
    """The settings of both running databases."""
    return tuple(declared.settings(file_of(manifest, PROGRAM).content))


ROLE = Role(
    name="ovn",
    tier=Tier.SHARED,
    slot=4,
    components=("ovn",),
    folder=Path(__file__).parent,
    manifest=manifest,
    declares=declares,
    form=form,
    # northd writes to the databases' leaders only, learns of members from its command line only, and another
    # host's takes over at once.
    peer_files=(NORTHD_DEFAULTS,),
    leave=_leave,
    redeploy=from_peers("ovn", _leave, leave.DATA),
    listens=(
        # northd writes to the leader, which may be another host's.
        Listens(Port.NORTHBOUND, "northbound database", peers=True, users=("network-api",)),
        Listens(Port.SOUTHBOUND, "southbound database", peers=True, users=("network-api", "compute")),
        Listens(6643, "raft of the northbound database", peers=True),
        Listens(6644, "raft of the southbound database", peers=True),
    ),
    keeps=(leave.DATA,),
    # 23.03 and 24.03 are releases with schemas of their own, to which the whole cluster's data is converted.
    data_package=DataPackage("ovn-central", 2),
    memory_mb=40,
    facts={"ovn": (PROGRAM, "state")},
    looks={"log": (PROGRAM, "log")},
    diagnostics={
        "ovn-northbound": _status("nb", "OVN_Northbound"),
        "ovn-southbound": _status("sb", "OVN_Southbound"),
        "ovn-northd": ("ovn-appctl", "--timeout=5", "-t", "ovn-northd", "status"),
        "ovn-chassis": ("ovn-sbctl", "--timeout=5", "--no-leader-only", "show"),
        "ovn-configuration": ("cat", DEFAULTS, NORTHD_DEFAULTS),
    },
)
