"""How compute hosts leave Nova and OVN, and are redeployed. Pure.

One that has servers does not leave: nobody could reach them any more, and Nova would not let its records go.
The others take no new servers first. When a host is gone, its service, its resource provider in Placement,
its chassis in OVN and its queues go, too.

One that is redeployed comes back by the same name with the same identity, which is among the data that it
keeps. So its records stay, and it gets servers again once Nova knows it to be up. If it does not run any
more, its servers do not either, and their disks are kept.
"""

import shlex

from stages.design.blueprint import Blueprint, Facts
from stages.design.leaving import Going, Leave, by_first
from stages.design.manifest import LIB, Command
from stages.design.parts import Refused
from stages.openstack import queues

RECORDS = f"{LIB}/nova-records"  # a program on compute-api hosts
SBCTL = ("ovn-sbctl", "--timeout=30", "--no-leader-only")
TABLES = "Chassis Chassis_Private"


def leave(blueprint: Blueprint, facts: Facts, going: tuple[Going, ...]) -> tuple[Leave, ...] | Refused:
    """Refused as long as one of them has a server, or where that is not known.

    In a stage without compute API there is nobody who has records of them.
    """
    apis = [host.name for host in blueprint.serving("compute-api")]
    controllers = [host.name for host in blueprint.members("ovn")]
    refused = _in_use(blueprint, facts, apis, going)
    if refused is not None:
        return refused
    leaves = []
    for host in going:
        name = host.name
        retire = Command("retire", (RECORDS, "retire", name))
        remove = Command("remove the records", (RECORDS, "remove", name))
        before = by_first(apis, f"send no new server to {name}", retire)
        records = by_first(apis, f"remove {name}'s records in Nova", remove)
        chassis = by_first(controllers, f"remove {name}'s chassis in OVN", _chassis(name))
        leaves.append(Leave(name, before, (*records, *chassis, *queues.of_gone(blueprint, name))))
    return tuple(leaves)


def redeploy(blueprint: Blueprint, facts: Facts, going: Going) -> Leave | Refused:
    """Refused as long as it runs and has a server, which would be stopped."""
    if not going.runs:
        return Leave(going.name)
    apis = [host.name for host in blueprint.serving("compute-api")]
    refused = _in_use(blueprint, facts, apis, (going,))
    if refused is not None:
        return refused
    retire = Command("retire", (RECORDS, "retire", going.name))
    return Leave(going.name, before=by_first(apis, f"send no new server to {going.name}", retire))


def _in_use(blueprint: Blueprint, facts: Facts, apis: list[str], going: tuple[Going, ...]) -> Refused | None:
    """Why they can't leave: servers are on them, or it is not known; a line told is a host and its count."""
    told = [facts[api]["servers"] for api in apis if "servers" in facts.get(api, {})]
    if not told:
        unknown = "no compute-api host says on which compute hosts servers are"
        return Refused(unknown, next=f"promote gate smoke --stage {blueprint.stage}") if apis else None
    counts = dict(line.split() for line in told[0].splitlines())
    busy = [host.name for host in going if host.name in counts]
    if not busy:
        return None
    lists = f"openstack server list --all-projects --host {busy[0]}"
    return Refused(
        f"{', '.join(f'{name} has {counts[name]} servers' for name in busy)}, to be moved or deleted first",
        next=f"promote lab exec --stage {blueprint.stage} -- {lists}",
    )


def _chassis(host: str) -> Command:
    """Both rows of the chassis; ovn-controller removes them itself only where it could still say so."""
    found = shlex.join((*SBCTL, "--bare", "--columns=_uuid", "find"))
    destroy = shlex.join((*SBCTL, "--if-exists", "destroy"))
    rows = f'rows=$({found} "$table" name={shlex.quote(host)})'
    each = f'{rows} && {{ test -z "$rows" || {destroy} "$table" $rows; }}'
    return Command("remove the chassis", ("sh", "-c", f"for table in {TABLES}; do {each} || exit 1; done"))
