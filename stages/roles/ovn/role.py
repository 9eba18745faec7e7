"""OVN's control plane: northd, and the northbound and southbound databases as raft clusters of all hosts.

Nothing here goes through the load balancers: clients (Neutron, ovn-controller) list all hosts and find
the leader themselves, on TCP 6641 (northbound) and 6642 (southbound).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stages.design.blueprint import Blueprint, Host, Role, Tier
from stages.design.manifest import LIB, Command, Directory, File, Manifest, Unit, Wait, Wanted
from stages.design.parts import Formation
from stages.design.ports import Port
from stages.design.text import text
from stages.roles.ovn import leave

PROGRAM = f"{LIB}/ovn-databases"
DEFAULTS = "/etc/default/ovn-central"
SERVERS = ("ovn-ovsdb-server-nb.service", "ovn-ovsdb-server-sb.service")
NORTHD = "ovn-northd.service"
NORTHD_UNIT = f"/etc/systemd/system/{NORTHD}.d/stagegate.conf"


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """The member's configuration. Servers that have data are started; a formation starts the others."""
    addresses = [member.address for member in blueprint.hosts_of("ovn")]
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
            File(NORTHD_UNIT, text(blueprint, host, "ovn-northd.service.conf")),
        ),
        units=tuple(
            Unit(name, wanted=Wanted.NOT_STARTED, restart_on=(DEFAULTS,)) for name in (*SERVERS, NORTHD)
        ),
        commands=(
            # Members that have data find each other in any order, and a running one is known to have data.
            Command("start what has data", (PROGRAM, "start"), unless=(PROGRAM, "started")),
            Wait("settled", until=(PROGRAM, "settled"), within=60),
            Command("election timer", (PROGRAM, "retime"), unless=(PROGRAM, "timed")),
        ),
    )


def form(blueprint: Blueprint, facts: Mapping[str, Mapping[str, str]]) -> tuple[Formation, ...]:
    """Bootstrap two clusters on one member, let the others join, then migrate the schemas.

    If two or more members have data, none bootstraps: the others join. A single member that has data may
    have been killed while bootstrapping: it creates what is missing, but only if no other member has it.
    """
    members = blueprint.hosts_of("ovn")
    if not members:
        return ()
    states = {host.name: facts.get(host.name, {}).get("ovn", "fresh") for host in members}
    holders = [host for host in members if states[host.name] != "fresh"]
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


def _entered(host: Host, *, bootstraps: bool, alone: bool, after: tuple[str, ...]) -> Formation:
    verb, title = (
        ("bootstrap", "start OVN's databases on") if bootstraps else ("join", "join OVN's databases on")
    )
    # If several members have data, none has a leader before a majority runs.
    until = "settled" if alone and not bootstraps else "joined"
    return Formation(
        id=f"cluster/{host.name}",
        kind="cluster",
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
        host=host.name,
        title="OVN's databases have a leader",
        commands=(Wait("member", until=(PROGRAM, "member"), within=60),),
        done=(PROGRAM, "member"),
    )


def _remotes(addresses: list[str], port: int) -> str:
    return ",".join(f"tcp:{address}:{port}" for address in addresses)


def _status(short: str, name: str) -> tuple[str, ...]:
    return ("ovn-appctl", "--timeout=5", "-t", f"/run/ovn/ovn{short}_db.ctl", "cluster/status", name)


ROLE = Role(
    name="ovn",
    tier=Tier.SHARED,
    slot=4,
    components=("ovn",),
    folder=Path(__file__).parent,
    manifest=manifest,
    form=form,
    leave=lambda blueprint, _facts, going: leave.leave(blueprint, going, PROGRAM),
    keeps=(leave.DATA,),
    memory_mb=40,
    facts={"ovn": (PROGRAM, "state")},
    diagnostics={
        "ovn-northbound": _status("nb", "OVN_Northbound"),
        "ovn-southbound": _status("sb", "OVN_Southbound"),
        "ovn-northd": ("ovn-appctl", "--timeout=5", "-t", "ovn-northd", "status"),
        "ovn-chassis": ("ovn-sbctl", "--timeout=5", "--no-leader-only", "show"),
        "ovn-configuration": ("cat", DEFAULTS),
    },
)
