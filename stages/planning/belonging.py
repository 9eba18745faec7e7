"""What each step of a takeover is about: the own colour, what both use, or hosts that follow. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from stages.design.blueprint import Blueprint, Role, Tier
from stages.planning.actions import CreateHost, RemoveHost, StartHost
from stages.planning.cutover import distributing
from stages.planning.observed import Observed, State
from stages.planning.steps import Step, behind, ids

About = Mapping[str, Role | None]  # by step, the role that it is about; None for no role of the stage


def following(blueprint: Blueprint, observed: Observed, about: About) -> frozenset[str]:
    """The steps about roles outside the control plane all of whose hosts run: their hosts follow.

    They work with services of their own release and of newer ones, not with older ones.
    """
    roles = {
        name
        for name, role in blueprint.roles.items()
        if role.tier is Tier.OUTSIDE
        and all(observed.host(host.name).state is State.RUNNING for host in blueprint.everywhere(name))
    }
    return frozenset(step for step, role in about.items() if role is not None and role.name in roles)


def hosts_apart(steps: Sequence[Step], about: About) -> Iterator[Step]:
    """The steps; hosts of a colour that serves nobody wait for other hosts of their role, and for no service.

    Projects are asked on such hosts before any schema is changed, and services wait for the schemas.
    """
    before = behind(steps)
    changes = {step.id for step in steps if step.kind in {"host", "manifest"}}
    foundations = {step.id for step in steps if step.host is None}
    for step in steps:
        role = about[step.id]
        if step.id in changes and role is not None and role.tier is Tier.COLOURED:
            same = {name for name in before[step.id] & changes if about[name] is role}
            yield replace(step, needs=tuple(sorted(same | before[step.id] & foundations)))
        else:
            yield step


def of_own_colour(blueprint: Blueprint, steps: Iterable[Step], about: About) -> frozenset[str]:
    """The steps about coloured roles, about load balancers, and about what all hosts need."""
    balancers = {host.name for host in distributing(blueprint)}
    return frozenset(
        step.id
        for step in steps
        for role in [about[step.id]]
        if step.host is None or step.host in balancers or (role is not None and role.tier is Tier.COLOURED)
    )


def replaced_first(blueprint: Blueprint, steps: Sequence[Step]) -> Iterator[Step]:
    """The steps; load balancers that only learn of the own colour wait for those that are made or started.

    So the latter depend on nothing of the own colour. One load balancer still follows the other.
    """
    balancers = {host.name for host in distributing(blueprint)}
    changing = [step for step in steps if step.kind in {"host", "manifest"} and step.host in balancers]
    made = [step for step in changing if isinstance(step.action, (CreateHost, StartHost))]
    told = {step.id: step for step in changing if step not in made}
    turns = iter([*(_past(step, told) for step in made), *told.values()])
    for step in steps:
        if step not in changing:
            yield step
            continue
        turn = next(turns)
        needs = dict.fromkeys((*turn.needs, *ids(made))) if turn.id in told else turn.needs
        yield replace(turn, needs=tuple(needs))


def _past(step: Step, others: Mapping[str, Step]) -> Step:
    """The step with what these others need in place of them."""
    needs = list(step.needs)
    while found := [need for need in needs if need in others]:
        needs = [need for need in needs if need not in others]
        needs += [need for name in found for need in others[name].needs if need not in needs]
    return replace(step, needs=tuple(needs))


def shared_first(steps: Sequence[Step], mine: Collection[str], about: About) -> frozenset[str]:
    """The steps about shared hosts that are done and looked at before anything of the own colour changes.

    Of load balancers those that are replaced or started: what else they learn is about the own colour. Not
    among them is what waits for that colour, nor hosts that leave.
    """
    balancers = {
        step.id for step in steps if step.id in mine and isinstance(step.action, (CreateHost, StartHost))
    }
    shared = {
        step.id
        for step in steps
        for role in [about[step.id]]
        if role is not None and role.tier is Tier.SHARED and (step.id not in mine or step.id in balancers)
    }
    later = {step.id for step in steps if step.host is not None and step.id not in shared}
    before = behind(steps)
    return frozenset(
        step.id
        for step in steps
        if step.id in shared and not leaves(step) and before[step.id].isdisjoint(later)
    )


def leaves(step: Step) -> bool:
    """Whether it is about a host that leaves."""
    return step.kind == "leave" or isinstance(step.action, RemoveHost)
