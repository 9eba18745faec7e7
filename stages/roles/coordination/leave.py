"""How Redis and its Sentinels leave. Pure.

The one that goes can't become the master any more, and if it is, another one does first. When it is gone,
each Sentinel that stays forgets it (`SENTINEL RESET`): what a Sentinel has seen counts for its majority for
ever. They do so one by one, as each has to find the others again.
"""

from stages.design.blueprint import Blueprint, Facts
from stages.design.leaving import Act, Going, Leave, by_first
from stages.design.manifest import LIB, Command

DISMISS = f"{LIB}/redis-dismiss"
WITHIN = 90  # seconds for a failover, or for a Sentinel to find the others


def leave(blueprint: Blueprint, _facts: Facts, going: tuple[Going, ...]) -> tuple[Leave, ...]:
    """Before, the first that stays sees to the master; after, each that stays forgets."""
    stay = [host.name for host in blueprint.members("coordination")]
    leaves = []
    for host in going:
        succeed = Command("another master", (DISMISS, "succeed", host.address), within=WITHIN)
        forget = Command("forget", (DISMISS, "forget", host.address), within=WITHIN)
        before = by_first(stay, f"have another master than {host.name}", succeed)
        after = tuple(Act(one, f"forget {host.name}'s Redis and Sentinel", (forget,)) for one in stay)
        leaves.append(Leave(host.name, before, after))
    return tuple(leaves)
