"""What a load balancer answered between two looks at its pools, by service and plane. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from stages.design.blueprint import Blueprint, Colour, Tier, pool
from stages.roles.loadbalancer.counted import Counters, lately, looks

# By the name under which people read it, and by HAProxy's.
COUNTS = {
    "1xx": "hrsp_1xx",
    "2xx": "hrsp_2xx",
    "3xx": "hrsp_3xx",
    "4xx": "hrsp_4xx",
    "5xx": "hrsp_5xx",
    "retries": "wretr",
    "redispatches": "wredis",
    "connection errors": "econ",
    "broken answers": "eresp",
}


@dataclass(frozen=True, slots=True)
class Row:
    """What one plane answered of one service; of the counts, those that are not 0.

    `wait_ms` is the mean time until an answer began, over about the last 512, and `up` how many servers get
    requests.
    """

    service: str
    plane: str
    counts: Mapping[str, int]
    wait_ms: float
    up: int


def coloured(blueprint: Blueprint) -> tuple[str, ...]:
    """The services that a colour answers."""
    roles = (role for role in blueprint.roles.values() if role.tier is Tier.COLOURED)
    return tuple(service.name for role in roles for service in role.services)


def rows(services: Iterable[str], before: Counters, after: Counters) -> tuple[Row, ...]:
    """What was answered between the looks; a pool of which nothing has changed has no row."""
    return tuple(_rows(services, before, after))


def _rows(services: Iterable[str], before: Counters, after: Counters) -> Iterator[Row]:
    for service in services:
        for colour in Colour:
            was, now = looks(before, after, pool(service, colour))
            counts = {
                told: count
                for told, key in COUNTS.items()
                if (count := now.get(key, 0) - was.get(key, 0)) > 0
            }
            up = now.get("act", 0)
            if now and (counts or up != was.get("act")):
                yield Row(service, colour.value, counts, round(lately(now), 1), up)
