"""The steps by which clients change over from one colour to the other. Pure.

Service by service, in the order in which roles need each other, and on one load balancer after the other: a
load balancer that takes the VIP meanwhile sends clients where the other one does, or did a moment ago.
A load balancer refuses to send clients to a colour that has no server up (`haproxy-servers share`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from stages.design import steady
from stages.design.blueprint import Blueprint, Host, Tier
from stages.design.colours import of
from stages.design.parts import Formation
from stages.planning.actions import ApplyManifest
from stages.planning.observed import Observed, State
from stages.planning.steps import Step, ids

KIND = "cutover"


def cutover_steps(blueprint: Blueprint, order: Iterable[str], before: tuple[str, ...]) -> list[Step]:
    """The steps, one after the other, the first after `before`; none if the release's own colour serves.

    `order` has the stage's roles, each after those that it needs.
    """
    steps: list[Step] = []
    colours = of(blueprint)
    for name in order:
        role = blueprint.roles[name]
        services = tuple(one.name for one in role.services if one.name in colours.served)
        if role.tier is not Tier.COLOURED or not services:
            continue
        colours = colours.without(services)
        drawn = replace(blueprint, served={name: blueprint.served[name] for name in colours.served})
        for balancer in _distributing(blueprint):
            title = f"send clients of {' and '.join(services)} to {colours.own.value}"
            action = ApplyManifest(steady.manifest(drawn, balancer).digest())
            needs = before if not steps else (steps[-1].id,)
            step = _id(name, balancer)
            steps.append(Step(step, KIND, balancer.name, title, needs, action, colours=colours))
    return steps


def step_ids(blueprint: Blueprint, role: str) -> tuple[str, ...]:
    """The ids of the steps by which clients of a role change over, in whichever plan, to whichever colour."""
    return tuple(_id(role, balancer) for balancer in _distributing(blueprint))


def _id(role: str, balancer: Host) -> str:
    return f"{KIND}/{role}/{balancer.name}"


def _distributing(blueprint: Blueprint) -> Sequence[Host]:
    roles = [name for name, role in blueprint.roles.items() if role.drain is not None]
    return [host for name in roles for host in blueprint.everywhere(name)]


def with_cutover(
    blueprint: Blueprint,
    observed: Observed,
    formations: Mapping[str, Sequence[Formation]],
    order: Iterable[str],
    steps: Sequence[Step],
) -> list[Step]:
    """The steps of a plan, with those by which clients change over to the release's own colour.

    Hosts outside the control plane that run already follow after that: they work with the services of their
    own release and of newer ones, not with older ones. `formations` has those of each role.
    """
    own = of(blueprint)
    if not own.served:
        return [replace(step, colours=own) for step in steps]
    last = _of_roles(blueprint, formations, steps, _following(blueprint, observed))
    first = [replace(_without(step, last), colours=own) for step in steps if step.id not in last]
    over = cutover_steps(blueprint, order, ids(first))
    served = own.without(own.served)
    then = [
        replace(step, needs=(*step.needs, over[-1].id), colours=served) for step in steps if step.id in last
    ]
    return [*first, *over, *then]


def _following(blueprint: Blueprint, observed: Observed) -> frozenset[str]:
    """The roles outside the control plane all of whose hosts run."""
    return frozenset(
        name
        for name, role in blueprint.roles.items()
        if role.tier is Tier.OUTSIDE
        and all(observed.host(host.name).state is State.RUNNING for host in blueprint.everywhere(name))
    )


def _of_roles(
    blueprint: Blueprint,
    formations: Mapping[str, Sequence[Formation]],
    steps: Iterable[Step],
    roles: Collection[str],
) -> frozenset[str]:
    """The ids of the steps that are about these roles, on whichever host they are done."""
    formed = {item.id: name for name, of_role in formations.items() for item in of_role}
    role_of = {host.name: host.role for host in blueprint.hosts}
    return frozenset(step.id for step in steps if formed.get(step.id, role_of.get(step.host or "")) in roles)


def _without(step: Step, others: Collection[str]) -> Step:
    return replace(step, needs=tuple(need for need in step.needs if need not in others))
