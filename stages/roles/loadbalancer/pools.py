"""The pools of servers that HAProxy has, and what each colour gets of the requests. Pure."""

from dataclasses import asdict
from typing import Any

from stages.design.blueprint import Blueprint, Colour, pool
from stages.design.parts import Mode

SHARES = "/etc/haproxy/green-shares.map"  # by service, how many of a hundred requests green answers
# Entries that only the running HAProxy has, beside those: a part that is lent, by service, and its end.
LENT, LENT_UNTIL = "lent/", "lent-until"


def pools(blueprint: Blueprint) -> list[dict[str, Any]]:
    """A pool for each service and plane that has it. Clients reach the first; it sends some to the second."""
    return [
        {
            **asdict(service),
            "name": pool(service.name, plane.colour),
            "first": plane is planes[0],
            "second": pool(service.name, planes[1].colour) if plane is planes[0] and planes[1:] else None,
            "mode": service.mode.value,
            "servers": plane.hosts_of(name),
            "at_once": _at_once(blueprint, name) if service.mode is Mode.HTTP else None,
        }
        for name, role in blueprint.roles.items()
        for planes in [blueprint.pooled(name)]
        for service in role.services
        for plane in planes
    ]


def colours(blueprint: Blueprint) -> dict[str, list[str]]:
    """The addresses whose requests each colour answers itself, by colour, if two stand.

    They are those of its hosts, and of its preview gateway.
    """
    if blueprint.beside is None:
        return {}
    previews = blueprint.previews
    return {
        one.colour.value: [
            *(host.address for host in one.hosts),
            *([previews[one.colour]] if one.colour in previews else []),
        ]
        for one in (*blueprint.planes, blueprint.beside)
        if one.colour
    }


def shares(blueprint: Blueprint) -> str:
    """By service, how many of a hundred requests green answers."""
    shared = [
        (service.name, 100 if blueprint.answering(service.name) is Colour.GREEN else 0)
        for name, role in blueprint.roles.items()
        if len(blueprint.pooled(name)) > 1
        for service in role.services
    ]
    return "".join(f"{service} {share}\n" for service, share in shared)


def _at_once(blueprint: Blueprint, role: str) -> int:
    """How many requests a host processes in parallel: one per thread of each process."""
    settings = blueprint.settings[role]
    return int(settings.workers * getattr(settings, "threads", 1))
