"""A bootstrap that a person asked for, after all members of a cluster were lost: what they have. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from stages.design.blueprint import CHOSEN, Blueprint
from stages.planning.observed import HostSeen, Observed, State
from stages.planning.steps import Found, Plan


def unfit(blueprint: Blueprint, observed: Observed, sources: Sequence[str]) -> tuple[str, ...]:
    """Why no cluster can be started from the data of these hosts; empty if nothing is known against it."""
    roles = _keeping(blueprint)
    again = f"(next: promote bootstrap --stage {blueprint.stage})"
    strange = [
        f"{name} is no host of a cluster that keeps data {again}" for name in sources if name not in roles
    ]
    twice = [
        f"{name} and {other} are both to start the cluster of {roles[name]}, and it starts from one {again}"
        for index, name in enumerate(sources)
        for other in sources[index + 1 :]
        if roles.get(name) is not None and roles.get(name) == roles.get(other)
    ]
    down = [
        f"{name} is {state.value}, so what it has is not known (next: promote lab status)"
        for name in sources
        if name in roles and (state := observed.host(name).state) is not State.RUNNING
    ]
    return (*strange, *twice, *down)


def with_choice(blueprint: Blueprint, observed: Observed, sources: Sequence[str]) -> Observed:
    """The stage as observed, with the person's choice as a fact of each host that was chosen.

    What a host's manifest would do by itself to find its cluster is left out: it waits for peers that are
    changed one after the other, and the choice takes its place.
    """
    roles = {host.name: blueprint.roles[host.role] for host in blueprint.hosts}
    hosts: dict[str, HostSeen] = {}
    for name, seen in observed.hosts.items():
        alone = {f"run command {command}" for command in roles[name].left_out} if name in roles else set()
        changes = () if alone.issuperset(seen.changes) else seen.changes
        facts = {**seen.facts, CHOSEN: "yes"} if name in sources else seen.facts
        hosts[name] = replace(seen, changes=changes, facts=facts)
    return replace(observed, hosts=hosts)


def found(blueprint: Blueprint, observed: Observed, plan: Plan) -> tuple[Found, ...]:
    """What each host of a cluster that keeps data has, and what the plan does with it."""
    titles = {step.host: step.title for step in plan.steps if step.kind == "cluster"}
    nothing = "not decided" if plan.refusals else "nothing"
    return tuple(
        Found(role, name, _seen(blueprint, observed, name), titles.get(name, nothing))
        for name, role in _keeping(blueprint).items()
    )


def _keeping(blueprint: Blueprint) -> dict[str, str]:
    """The hosts of clusters that keep data, each with its role."""
    roles = blueprint.roles
    return {
        host.name: host.role for host in blueprint.hosts if roles[host.role].facts and roles[host.role].keeps
    }


def _seen(blueprint: Blueprint, observed: Observed, name: str) -> str:
    seen, role = observed.host(name), blueprint.roles[blueprint.host(name).role]
    if seen.state is not State.RUNNING:
        return f"the host is {seen.state.value}"
    told = [seen.facts[fact] for fact in (*role.facts, *role.looks) if seen.facts.get(fact)]
    return ", ".join(told) or "not known"
