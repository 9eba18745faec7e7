"""Makes the plan: the steps from the observed stage to the desired one. Pure.

The order follows from what roles need; within a role, from stages/planning/rolling.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from stages.design.blueprint import Blueprint
from stages.design.colours import of
from stages.design.parts import Formation, Milestone, Phase, Refused
from stages.openstack.formed import formed
from stages.planning import release_changes
from stages.planning.actions import BuildImage, MakeGateway
from stages.planning.data_packages import against
from stages.planning.departures import Departure, departures
from stages.planning.invariants import require_invariants
from stages.planning.leaving import after_all, drained, last_steps, told_last
from stages.planning.leaving_invariants import require_safe_leaves
from stages.planning.observed import Observed, State
from stages.planning.rolling import Turn, late_steps, role_steps
from stages.planning.steps import Desired, Leg, Plan, Step, ids, without_implied_needs
from stages.planning.takeover import Takeover, in_legs

IMAGE, GATEWAY = "image", "network"


def make(blueprint: Blueprint, observed: Observed, wanted: Desired) -> Plan:
    """Make the plan. An empty one means that the stage is as desired.

    Raises PlanUnsafe when the plan breaks an invariant, which is a defect of this code.
    """
    if impossible := tuple(release_changes.against_takeover(blueprint, wanted.releases)):
        return Plan((), impossible)
    formations, unformed = _formed(blueprint, observed, wanted)
    ended = (
        *release_changes.against_return(blueprint, observed, formations, wanted.releases),
        *release_changes.against_waiting(blueprint, observed, wanted.releases),
    )
    leaving, kept = departures(blueprint, observed, formations)
    refusals = (*_refusals(blueprint, observed, wanted, leaving), *unformed, *ended, *kept)
    if refusals:
        return Plan((), refusals)
    steps = _steps(blueprint, observed, wanted, formations, leaving)
    legs: tuple[Leg, ...] = ()
    if blueprint.served:
        steps, legs = in_legs(Takeover(blueprint, observed, wanted, formations, in_order(blueprint)), steps)
    else:
        steps = [replace(step, colours=of(blueprint)) for step in steps]
    plan = Plan(tuple(without_implied_needs(steps)), (), new=not observed.hosts, legs=legs)
    require_invariants(blueprint, observed, formations, plan.steps)
    require_safe_leaves(blueprint, observed, formations, leaving, plan.steps)
    unread = against(blueprint, observed, wanted, plan.steps)
    return Plan((), unread) if unread else plan


def _steps(
    blueprint: Blueprint,
    observed: Observed,
    wanted: Desired,
    formations: Mapping[str, tuple[Formation, ...]],
    leaving: Sequence[Departure],
) -> list[Step]:
    """All steps but those of a cut over, each after those that it needs."""
    foundations = list(_foundations(blueprint, observed, wanted))
    phases = {item.id: item.phase for of_role in formations.values() for item in of_role}
    turns: dict[str, Turn] = {}
    by_role: dict[str, list[Step]] = {}
    # In a takeover they learn of the colour that is to serve first of all.
    last = frozenset[str]() if blueprint.served else told_last(blueprint, observed, leaving)
    held: list[Step] = []
    for name in in_order(blueprint):
        earlier = {other: ids(of_role) for other, of_role in by_role.items()}
        needs = tuple(Milestone(need, Phase.SERVE) for need in blueprint.roles[name].needs)
        turns[name] = Turn(blueprint, observed, wanted, foundations, earlier, phases, needs)
        first = [leave for item in leaving if item.is_of(name) and item.comes_first for leave in item.leaves]
        own = role_steps(turns[name], name, formations[name], first)
        held += [step for step in own if step.host in last and step.kind in {"host", "manifest"}]
        by_role[name] = [step for step in own if step not in held]
    steps = [*foundations, *(step for of_role in by_role.values() for step in of_role)]
    every = {name: ids(of_role) for name, of_role in by_role.items()}
    for name, turn in turns.items():
        steps += late_steps(turn, formations[name], steps, every)
    steps += after_all(held, steps)
    steps += last_steps(leaving, steps)
    return list(drained(blueprint, leaving, steps))


def in_order(blueprint: Blueprint) -> list[str]:
    """The stage's roles, each after the roles it needs. Raises ValueError when they need each other."""
    ordered: list[str] = []
    rest = list(blueprint.roles)
    while rest:
        free = [name for name in rest if not set(blueprint.roles[name].needs) & set(rest)]
        if not free:
            raise ValueError(f"these roles need each other: {', '.join(rest)}")
        ordered += free
        rest = [name for name in rest if name not in free]
    return ordered


def _formed(
    blueprint: Blueprint, observed: Observed, wanted: Desired
) -> tuple[dict[str, tuple[Formation, ...]], list[str]]:
    """The formations of each role, and why some can't be formed."""
    formations: dict[str, tuple[Formation, ...]] = {}
    refusals = []
    for name, role in blueprint.roles.items():
        for plane in blueprint.planes_of(name):
            found = formed(blueprint, role, plane, observed.facts, wanted.releases)
            if isinstance(found, Refused):
                refusals.append(f"{found.what} (next: {found.next})")
            else:
                formations[name] = (*formations.get(name, ()), *found)
    return formations, list(dict.fromkeys(refusals))


def _refusals(
    blueprint: Blueprint, observed: Observed, wanted: Desired, leaving: Sequence[Departure]
) -> Iterable[str]:
    yield from release_changes.refusals(blueprint, observed, wanted, leaving)
    if observed.elsewhere:
        yield (
            f"{blueprint.stage} stands at {observed.elsewhere}, the config puts it at {blueprint.operator}: "
            "a stage's network follows from its place in the order of stages, which was changed "
            f"(next: promote lab down --stage {blueprint.stage})"
        )
    if wanted.image is None and not wanted.build:
        yield (
            "no image is recorded for this release: only the first stage builds it, and later stages deploy "
            "exactly that one (next: promote --stage <first stage>)"
        )

    for name, role in blueprint.roles.items():
        # What can't run in the lab was never tested, on whatever substrate.
        if role.unproven is not None:
            yield (
                f"{name}: {role.unproven}, so this role is unproven "
                f"(next: take {name} out of config/stages/{blueprint.stage}.yaml)"
            )
        members = [host.name for host in blueprint.everywhere(name)]
        silent = [member for member in members if observed.host(member).state is State.SILENT]
        # A single host has no peer whose data could be newer.
        if role.keeps and len(members) > 1 and len(silent) * 2 > len(members):
            yield (
                f"{', '.join(silent)} run and do not answer: they may still serve, and replacing most "
                "members of a role that keeps data would end that "
                "(next: docs/operate.md, 'Hosts do not answer')"
            )


def _foundations(blueprint: Blueprint, observed: Observed, wanted: Desired) -> Iterable[Step]:
    image_needed = wanted.build and not wanted.recorded
    if image_needed:
        title = (
            "build the host image"
            if wanted.image is None
            else "record the host image, which is built already"
        )
        yield Step(IMAGE, "image", None, title, (), BuildImage(wanted.base))
    if title := gateway_title(blueprint, observed):
        yield Step(GATEWAY, "host", None, title, (IMAGE,) if image_needed else (), MakeGateway())


def gateway_title(blueprint: Blueprint, observed: Observed) -> str:
    """What is to be done about the ways into the stage; empty if all are as the blueprint has them."""
    if not observed.gateway:
        return "create the stage's network and its gateway"
    if observed.previews == dict.fromkeys(blueprint.previews, True):
        return ""
    if blueprint.previews:
        return "create a preview gateway for each colour"
    return "remove the preview gateways"
