"""Which hosts a stage has, how each is named, and at which address it is found. Pure."""

import hashlib
from collections.abc import Mapping

from stages.design.blueprint import Colour, Host, Role, Tier

SHARED_START, OUTSIDE_START, BLUE_START, GREEN_START, SLOT_SIZE = 16, 72, 96, 168, 8


def network(site: str, position: int) -> str:
    """The /24 of a stage, from the site's id and the stage's place in the order (0 to 15)."""
    digest = hashlib.sha256(site.encode()).digest()
    return f"10.{64 + digest[0] % 128}.{16 * (digest[1] % 16) + position}.0/24"


def hosts(counts: Mapping[str, int], roles: Mapping[str, Role], colour: Colour, net: str) -> tuple[Host, ...]:
    """All hosts of a stage. A role's slot and a host's number give its address, whatever else there is."""
    prefix = net.rsplit(".", 1)[0]
    found = []
    for name, count in counts.items():
        role = roles[name]
        own = colour if role.tier is Tier.COLOURED else None
        for number in range(1, count + 1):
            last = _start(role.tier, colour) + SLOT_SIZE * role.slot + number - 1
            found.append(Host(_name(name, own, number), name, number, role.tier, own, f"{prefix}.{last}"))
    return tuple(found)


def _start(tier: Tier, colour: Colour) -> int:
    match tier:
        case Tier.SHARED:
            return SHARED_START
        case Tier.OUTSIDE:
            return OUTSIDE_START
        case Tier.COLOURED:
            return BLUE_START if colour is Colour.BLUE else GREEN_START


def _name(role: str, colour: Colour | None, number: int) -> str:
    return f"{role}-{number}" if colour is None else f"{role}-{colour.value}-{number}"
