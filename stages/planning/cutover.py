"""The steps by which clients change over from one colour to the other. Pure.

Service by service, in the order in which roles need each other, and on one load balancer after the other: a
load balancer that takes the VIP meanwhile sends clients where the other one does, or did a moment ago.
A load balancer refuses to send clients to a colour that has too few servers up (`haproxy-servers share`).

Where a newer colour takes over, a canary comes before that if the stage has one: a part of the requests goes
to it for a while, at all load balancers at once, and comes back whatever it shows. The way back has none:
what is left because it is bad must not be waited for, nor compared with.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from stages.design import steady
from stages.design.blueprint import Blueprint, Host, Tier
from stages.design.colours import OTHER, is_newer, of
from stages.planning.actions import ApplyManifest, TryColour
from stages.planning.steps import Step, ids

KIND, CANARY = "cutover", "canary"


def cutover_steps(
    blueprint: Blueprint, order: Iterable[str], before: tuple[str, ...], prefix: str = KIND
) -> list[Step]:
    """The steps, one after the other, the first after `before`; none if the release's own colour serves.

    A canary comes first, if there is one, and once. `order` has the stage's roles, each after those that it
    needs. The ids of the steps begin with `prefix`.
    """
    tried = _canary(blueprint, before) if prefix == KIND else []
    return [*tried, *_steps(blueprint, order, ids(tried) or before, prefix, back=False)]


def back_steps(
    blueprint: Blueprint, order: Iterable[str], before: tuple[str, ...], prefix: str
) -> list[Step]:
    """The steps after those of the cut over, by which the other colour gets back what it has served."""
    return _steps(blueprint, order, before, prefix, back=True)


def _steps(
    blueprint: Blueprint, order: Iterable[str], before: tuple[str, ...], prefix: str, *, back: bool
) -> list[Step]:
    steps: list[Step] = []
    whole = of(blueprint)
    to = OTHER[whole.own] if back else whole.own
    own: set[str] = set(whole.served) if back else set()  # the services that the own colour answers
    for name in order:
        role = blueprint.roles[name]
        services = tuple(one.name for one in role.services if one.name in whole.served)
        if role.tier is not Tier.COLOURED or not services:
            continue
        own = own.difference(services) if back else own.union(services)
        colours = whole.without(tuple(own))
        drawn = replace(blueprint, served={name: blueprint.served[name] for name in colours.served})
        for balancer in distributing(blueprint):
            title = f"send clients of {' and '.join(services)} {'back ' if back else ''}to {to.value}"
            action = ApplyManifest(steady.manifest(drawn, balancer).digest())
            needs = before if not steps else (steps[-1].id,)
            step = _id(prefix, name, balancer)
            steps.append(Step(step, KIND, balancer.name, title, needs, action, colours=colours))
    return steps


def _canary(blueprint: Blueprint, before: tuple[str, ...]) -> list[Step]:
    """The step that tries the release's own colour with a part of the requests, if the stage asks for it."""
    canary, colours = blueprint.canary, of(blueprint)
    balancers = tuple(host.name for host in distributing(blueprint))
    if canary is None or not colours.served or not balancers or not is_newer(blueprint):
        return []
    own = colours.own.value
    title = f"send {own} {canary.share}% of the requests for {canary.seconds:g} s, and compare its answers"
    action = TryColour(balancers, colours.served, canary.to_json())
    # Of no one host: all load balancers share at once, and what they count is judged together.
    return [Step(f"{CANARY}/{own}", KIND, None, title, before, action, colours=colours)]


def step_ids(blueprint: Blueprint, role: str, prefixes: Iterable[str]) -> tuple[str, ...]:
    """The ids of the steps by which clients of a role change over, in whichever plan, to whichever colour."""
    return tuple(_id(prefix, role, balancer) for prefix in prefixes for balancer in distributing(blueprint))


def _id(prefix: str, role: str, balancer: Host) -> str:
    return f"{prefix}/{role}/{balancer.name}"


def distributing(blueprint: Blueprint) -> Sequence[Host]:
    """The hosts that distribute clients."""
    roles = [name for name, role in blueprint.roles.items() if role.drain is not None]
    return [host for name in roles for host in blueprint.everywhere(name)]
