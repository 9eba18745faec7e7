"""How a host leaves so that a new one takes its name: what most roles say. Pure."""

from collections.abc import Callable
from dataclasses import replace

from stages.design.blueprint import Blueprint, Facts
from stages.design.leaving import Going, Leave
from stages.design.parts import Refused

Redeploy = Callable[[Blueprint, Facts, Going], Leave | Refused]


def as_it_is(_blueprint: Blueprint, _facts: Facts, going: Going) -> Leave:
    """It is removed and made again; records of its name, and data that it keeps, are taken over."""
    return Leave(going.name)


def from_peers(
    role: str,
    leave: Callable[[Blueprint, Facts, tuple[Going, ...]], tuple[Leave, ...] | Refused],
    *discards: str,
) -> Redeploy:
    """It leaves like a host that the config no longer has, and gets what it `discards` from the others.

    The only host of its role has nobody to get it from, so it keeps all.
    """

    def redeploy(blueprint: Blueprint, facts: Facts, going: Going) -> Leave | Refused:
        if not blueprint.members(role):
            return as_it_is(blueprint, facts, going)
        leaves = leave(blueprint, facts, (going,))
        return leaves if isinstance(leaves, Refused) else replace(leaves[0], discards=discards)

    return redeploy
