"""How members leave the raft clusters of OVN's databases. Pure.

A member that stays has both clusters take the other one out, by the vote of a majority to which the one that
goes still belongs. So of two members one can leave. A server that was taken out refuses to start with what it
has, so its databases go with it: those that stay have every change.
"""

from stages.design.blueprint import Blueprint
from stages.design.leaving import Going, Leave, by_first
from stages.design.manifest import Command

DATA = "/var/lib/ovn"


def leave(blueprint: Blueprint, going: tuple[Going, ...], program: str) -> tuple[Leave, ...]:
    """Each is dismissed by the first that stays; where the whole role goes, its data stay."""
    stay = [host.name for host in blueprint.members("ovn")]
    leaves = []
    for host in going:
        dismiss = Command("dismiss", (program, "dismiss", host.address))
        before = by_first(stay, f"take {host.name} out of OVN's databases", dismiss)
        leaves.append(Leave(host.name, before, discards=(DATA,) if stay else ()))
    return tuple(leaves)
