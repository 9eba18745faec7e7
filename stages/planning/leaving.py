"""The steps by which hosts leave that the config no longer has. Pure.

One host leaves after the other, in the whole stage: others do for it what comes before, it is stopped in an
orderly way and removed, and others do what comes after. When is said by its role (`Role.leaves_first`):

- In general, after all other steps. By then every host that stays is as desired and in its cluster, and
  neither clients nor load balancers are told of the host any more.
- Before its peers get their new manifests, where one that no longer lists a host which still runs would take
  its own way: a database that is to be alone would found a cluster, a load balancer would take the VIP.

A load balancer that gets another manifest first sends nothing more to those that go, and what they are
answering ends (`Role.drain`): its old worker would go on sending to them after a reload. Where hosts that it
sends to only go, it gets it last, so that they still serve while their peers are restarted. Where others come
as well, it must know those first.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from stages.design.blueprint import Blueprint
from stages.design.leaving import Act, Leave
from stages.planning.actions import ApplyManifest, RemoveHost, RunCommands
from stages.planning.departures import Departure
from stages.planning.observed import Observed, State
from stages.planning.steps import Step, ids

DRAIN = "drain"  # so the ids of drains begin
LOST = "data that were removed with a host do not come back"


def leave_steps(leaves: Iterable[Leave], before: tuple[str, ...]) -> list[Step]:
    """The steps of these leaves, one after the other, the first after the steps `before`."""
    steps: list[Step] = []
    for leave in leaves:
        host = leave.host
        steps += [act_step(f"leave/{host}/{act.host}", act) for act in leave.before]
        gone = f"{host} and its data" if leave.loses_data else host
        title, lost = f"remove {gone}, which the config no longer has", LOST if leave.loses_data else None
        steps.append(Step(f"host/{host}", "host", host, title, (), RemoveHost(leave.discards), lost))
        steps += [act_step(f"left/{host}/{act.host}", act) for act in leave.after]
    earlier = [before, *((step.id,) for step in steps)]
    return [replace(step, needs=needs) for step, needs in zip(steps, earlier, strict=False)]


def last_steps(departures: Iterable[Departure], before: Sequence[Step]) -> list[Step]:
    """The steps of all departures that come after everything else."""
    leaves = [leave for item in departures if not item.comes_first for leave in item.leaves]
    return leave_steps(leaves, ids(before))


def told_last(blueprint: Blueprint, observed: Observed, departures: Iterable[Departure]) -> frozenset[str]:
    """The hosts that distribute clients and are changed after all others, since hosts only go."""
    coming = [
        host.name
        for host in blueprint.hosts
        if blueprint.roles[host.role].services and observed.host(host.name).state is State.ABSENT
    ]
    if coming or not _servers(departures):
        return frozenset()
    return frozenset(
        host.name
        for name, role in blueprint.roles.items()
        for host in blueprint.everywhere(name)
        if role.drain and observed.host(host.name).state is State.RUNNING
    )


def after_all(held: Iterable[Step], steps: Sequence[Step]) -> list[Step]:
    """The held steps, in their order, each after all of `steps` as well."""
    return [replace(step, needs=(*step.needs, *ids(steps))) for step in held]


def drained(blueprint: Blueprint, departures: Iterable[Departure], steps: Iterable[Step]) -> Iterator[Step]:
    """The steps, and before each manifest of a load balancer the one by which it lets go of who goes."""
    servers = _servers(departures)
    for step in steps:
        role = blueprint.roles[blueprint.host(step.host).role] if _is_manifest(step) and step.host else None
        if role is None or role.drain is None or not servers:
            yield step
            continue
        names = sorted({name for of_service in servers.values() for name in of_service})
        act = Act(
            str(step.host), f"send nothing more to {', '.join(names)}", (role.drain(blueprint, servers),)
        )
        drain = act_step(f"{DRAIN}/{step.host}", act)
        yield replace(drain, needs=step.needs)
        yield replace(step, needs=(*step.needs, drain.id))


def _servers(departures: Iterable[Departure]) -> dict[str, tuple[str, ...]]:
    """By pool, the hosts that go and run, and that no longer are in it when the load balancers are told."""
    late = (item for item in departures if item.role and not item.role.leaves_first)
    return {pool: names for item in late for pool, names in item.pools.items()}


def _is_manifest(step: Step) -> bool:
    return isinstance(step.action, ApplyManifest)


def act_step(name: str, act: Act) -> Step:
    """The step in which a host that stays does what is its part."""
    commands = RunCommands(tuple(command.to_json() for command in act.commands))
    return Step(name, "leave", act.host, act.title, (), commands)
