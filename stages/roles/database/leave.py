"""How databases leave the Galera cluster. Pure.

A member that is stopped in an orderly way says so to the others, and the cluster counts one less at once, so
quorum is never at stake. Its stop first fails its health check and waits until the load balancers have moved
its connections (galera-drain). They send writes to the first member that is fit, and that one stays.
"""

from stages.design.blueprint import Blueprint, Facts
from stages.design.leaving import Act, Going, Leave
from stages.design.manifest import Wait
from stages.design.parts import Refused
from stages.design.ports import Port

SIZE = "SHOW GLOBAL STATUS LIKE 'wsrep_cluster_size'"
COUNTED_WITHIN = (
    60  # seconds until the others count without one that has gone; of a lost one they know in a few
)


def leave(blueprint: Blueprint, _facts: Facts, going: tuple[Going, ...]) -> tuple[Leave, ...] | Refused:
    """One by one, each while all that stay take writes, and until the cluster counts without it."""
    stay = blueprint.members("database")
    if not stay:
        return Refused("the last one has the only data that can be written to", next="")
    within = blueprint.settings["database"].sync_timeout
    fit = tuple(
        Wait(f"{one.name} is Synced", until=_takes_writes(one.address), within=within) for one in stay
    )
    leaves = []
    for number, host in enumerate(going, 1):
        left = len(stay) + sum(other.runs for other in going[number:])
        counted = Wait(f"{left} members or fewer", until=_counts_at_most(left), within=COUNTED_WITHIN)
        before = Act(stay[0].name, f"see that all that stay are Synced, before {host.name} goes", fit)
        after = Act(stay[0].name, f"see that the cluster goes on without {host.name}", (counted, *fit))
        leaves.append(Leave(host.name, (before,), (after,)))
    return tuple(leaves)


def _takes_writes(address: str) -> tuple[str, ...]:
    url = f"http://{address}:{Port.GALERA_CHECK}/"
    return ("curl", "--silent", "--fail", "--output", "/dev/null", "--max-time", "3", url)


def _counts_at_most(members: int) -> tuple[str, ...]:
    """A command that exits 0 if the cluster has no more members; one whose server died earlier is none."""
    asked = f'mariadb --batch --skip-column-names --connect-timeout=2 --execute "{SIZE}"'
    return ("sh", "-c", f'test "$({asked} | cut -f 2)" -le {members}')
