"""The pools of servers that HAProxy has, and what each colour gets of the requests. Pure."""

from dataclasses import asdict, dataclass
from typing import Any

from stages.design.blueprint import Blueprint, Colour, pool
from stages.design.parts import Mode

SHARES = "/etc/haproxy/green-shares.map"  # by service, how many of a hundred requests green answers
# Entries that only the running HAProxy has, beside those: a part that is lent, by service, and its end.
LENT, LENT_UNTIL = "lent/", "lent-until"
LENT_NOW = "lent-now"  # what time it is there, as its host tells it beside them


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


@dataclass(frozen=True, slots=True)
class Sources:
    """Where requests come from that are about one colour; `preview` is its preview gateway, if it has one."""

    colour: Colour
    hosts: tuple[str, ...]
    preview: str | None

    @property
    def share(self) -> int:
        """How many of a hundred of them green answers if the colour answers them itself."""
        return 100 if self.colour is Colour.GREEN else 0

    def pool(self, service: str) -> str:
        """The colour's own pool of a service."""
        return pool(service, self.colour)


def sources(blueprint: Blueprint) -> tuple[Sources, ...]:
    """The addresses of each colour, if two stand."""
    if blueprint.beside is None:
        return ()
    return tuple(
        Sources(one.colour, tuple(host.address for host in one.hosts), blueprint.previews.get(one.colour))
        for one in (*blueprint.planes, blueprint.beside)
        if one.colour
    )


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
