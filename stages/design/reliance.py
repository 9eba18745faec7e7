"""Which roles a component's verdict rests on. Pure."""

from collections.abc import Mapping

from stages.design.blueprint import Role

# Clients reach nearly everything through the load balancers, and nearly everything is kept in the database.
# So these two count as beneath every component, even one that uses neither (RabbitMQ, Redis, OVN, the object
# store): after a change of one, no evidence of the stage is reused.
BENEATH_ALL = ("loadbalancer", "database")


def rests_on(roles: Mapping[str, Role], component: str) -> tuple[str, ...]:
    """The roles, sorted, that carry the component, those that these need, directly or not, and BENEATH_ALL.

    `roles` are those of the stage; a role that it lacks is left out. Empty if none carries the component.
    """
    carriers = [name for name, role in roles.items() if component in role.components]
    waiting = [*carriers, *BENEATH_ALL] if carriers else []
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in roles and name not in found:
            found.add(name)
            waiting += roles[name].needs
    return tuple(sorted(found))
