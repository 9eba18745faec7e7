"""The planes of a stage: names and addresses of all hosts. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from stages.design.blueprint import Colour, Host, Plane, Role, Tier
from stages.design.inventory import Inventory

RESERVED = 88  # the engine that makes the lab's hosts keeps 10.88.0.0/16 for its own default network
SHARED_START, OUTSIDE_START, BLUE_START, GREEN_START, SLOT_SIZE = 16, 72, 96, 168, 8


def network(site: str, position: int) -> str:
    """The /24 of a stage, from the site's id and the stage's place in the order (0 to 15)."""
    digest = hashlib.sha256(site.encode()).digest()
    second = 64 + digest[0] % 128
    second = 192 if second == RESERVED else second
    return f"10.{second}.{16 * (digest[1] % 16) + position}.0/24"


def planes(
    counts: Mapping[str, int],
    roles: Mapping[str, Role],
    net: str,
    releases: Mapping[Colour, str],
    outside: str,
) -> tuple[Plane, ...]:
    """The shared plane, one for each colour with its OpenStack release, and the one outside with its own.

    Each has so many hosts of each of its roles as `counts` says.
    """

    def plane(tier: Tier, colour: Colour | None, openstack: str) -> Plane:
        own = {name: count for name, count in counts.items() if roles[name].tier is tier}
        hosts = (
            _host(roles[name], colour, number, net)
            for name, count in own.items()
            for number in range(1, count + 1)
        )
        return Plane(tier, colour, openstack, tuple(hosts))

    coloured = (plane(Tier.COLOURED, colour, release) for colour, release in releases.items())
    return (plane(Tier.SHARED, None, ""), *coloured, plane(Tier.OUTSIDE, None, outside))


def placed(drawn: tuple[Plane, ...], inventory: Inventory | None) -> tuple[Plane, ...]:
    """The same planes, with their hosts at the addresses of their machines if the stage has its own."""
    if inventory is None:
        return drawn
    at = inventory.machines

    def there(host: Host) -> Host:
        return replace(host, address=at[host.name].address, interface=at[host.name].interface)

    return tuple(replace(plane, hosts=tuple(map(there, plane.hosts))) for plane in drawn)


def _host(role: Role, colour: Colour | None, number: int, net: str) -> Host:
    """The role's slot and the host's number set its address, whatever other hosts exist."""
    name = f"{role.name}-{number}" if colour is None else f"{role.name}-{colour.value}-{number}"
    last = _start(role.tier, colour) + SLOT_SIZE * role.slot + number - 1
    return Host(name, role.name, number, role.tier, colour, f"{net.rsplit('.', 1)[0]}.{last}")


def _start(tier: Tier, colour: Colour | None) -> int:
    match tier:
        case Tier.SHARED:
            return SHARED_START
        case Tier.OUTSIDE:
            return OUTSIDE_START
        case Tier.COLOURED:
            return BLUE_START if colour is Colour.BLUE else GREEN_START
