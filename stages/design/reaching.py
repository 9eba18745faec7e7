"""Which host of a stage connects to which, at which TCP port: from what roles declare. Pure.

What is not TCP is left out, since nothing on a host answers a question about it: keepalived's adverts between
load balancers (VRRP), and the tunnels between compute hosts (Geneve).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stages.design.blueprint import BALANCER_PORT, Blueprint, Host, Role
from stages.design.parts import Mode

BALANCER = "loadbalancer"


@dataclass(frozen=True, slots=True)
class Reach:
    """A host, and a port of another one that it connects to; `what` says in words what it finds there."""

    source: str
    target: str
    address: str
    port: int
    what: str


def reaches(blueprint: Blueprint) -> tuple[Reach, ...]:
    """All of a stage, each pair of host and port once, by source, target and port.

    The VIP is on no host before the stage is deployed, so each load balancer stands in for it.
    """
    found = {(one.source, one.target, one.port): one for one in _all(blueprint)}
    return tuple(found[key] for key in sorted(found))


def _all(blueprint: Blueprint) -> Iterator[Reach]:
    balancers = blueprint.members(BALANCER)
    for role in blueprint.roles.values():
        own = blueprint.everywhere(role.name)
        for port in role.listens:
            users = _needing(blueprint, role.name) if port.users is None else port.users
            for target in own:
                callers = [host for user in users for host in _asking(blueprint, user, target)]
                peers = blueprint.peers(target) if port.peers else ()
                yield from _each((*callers, *peers), (target,), port.port, port.what)
        for service in role.services:
            clients = _clients(blueprint, role, directly=service.mode is Mode.TCP)
            yield from _each(balancers, own, service.port, f"the service {service.name}")
            yield from _each(balancers, own, service.health_port, f"the health check of {service.name}")
            yield from _each(clients, balancers, service.port, f"the service {service.name}")
        if role.services:  # a host that stops or starts asks whether it is in their rotation
            yield from _each(own, balancers, BALANCER_PORT, "the state of servers")


def _asking(blueprint: Blueprint, user: str, target: Host) -> Iterator[Host]:
    """The hosts of a role that connect to this one: of another colour none does."""
    for host in blueprint.everywhere(user):
        if None in {host.colour, target.colour} or host.colour is target.colour:
            yield host


def _each(sources: tuple[Host, ...], targets: tuple[Host, ...], port: int, what: str) -> Iterator[Reach]:
    for source in sources:
        yield from (
            Reach(source.name, target.name, target.address, int(port), what)
            for target in targets
            if target is not source
        )


def _clients(blueprint: Blueprint, role: Role, *, directly: bool) -> tuple[Host, ...]:
    """The hosts that use a service: of an API also those that need it by way of another role.

    A compute host asks Keystone for tokens, although it is Nova that needs it; the database is Nova's alone.
    """
    waiting, found = [role.name], set[str]()
    while waiting:
        fresh = set(_needing(blueprint, waiting.pop())) - found
        found |= fresh
        waiting += () if directly else sorted(fresh)
    return tuple(host for host in blueprint.hosts if host.role in found)


def _needing(blueprint: Blueprint, role: str) -> tuple[str, ...]:
    return tuple(name for name, other in blueprint.roles.items() if role in other.needs)
