"""One host is replaced by a new one of its name, and everything else stays as it is. Pure.

The plan is that of a stage in which the host is missing, behind the steps by which it goes: load balancers
let go of it, the others do what its role asks for (`Role.redeploy`), and it is removed, with its data if the
others have them. That is a step of its own: one that is repeated never removes what the new host got since.

Refused, besides what the role refuses, are

- a host whose peers are not all in their cluster: with it the majority would go, or the only copy;
- a host of a stage that is not otherwise as its release has it: what is missing elsewhere comes first.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from stages.design.blueprint import Blueprint, Host, Role, pool
from stages.design.colours import of
from stages.design.leaving import Act, Going, Leave
from stages.design.manifest import Command
from stages.design.parts import Refused
from stages.planning import order
from stages.planning.actions import RemoveHost
from stages.planning.leaving import DRAIN, act_step
from stages.planning.observed import Observed, State
from stages.planning.steps import Desired, Plan, Step, ids, without_implied_needs

# Of these kinds are the steps that show that a host is not as it should be.
_TELLING = frozenset({"host", "manifest", "cluster", "service"})


def make(blueprint: Blueprint, observed: Observed, wanted: Desired, name: str, release: str) -> Plan:
    """Make the plan that redeploys the host of this name; `release`, an id, is what the stage has.

    Raises PlanUnsafe when the plan breaks an invariant, which is a defect of this code.
    """
    found = [host for host in blueprint.hosts if host.name == name]
    if not found:
        known = ", ".join(host.name for host in blueprint.hosts)
        return _refused(f"{blueprint.stage} has no host {name}; it has {known}", _status(blueprint))
    (host,) = found
    leave = _leave(blueprint, observed, host)
    if isinstance(leave, Refused):
        what = f"{host.role}: {name} can't be redeployed: {leave.what}"
        return _refused(what, leave.next or _status(blueprint))
    made = order.make(blueprint, _without(observed, host, leave), wanted)
    if made.refusals:
        return replace(made, redeploys=name)
    if against := _against(blueprint, host, made.steps):
        return _refused(against, f"promote rollback --stage {blueprint.stage} --to {release[:12]}")
    steps = _behind(_gone(blueprint, observed, host, leave), made.steps, _title(blueprint, host, leave))
    drawn = of(blueprint)  # also for who goes: its hosts are found only in a stage drawn for its colour
    coloured = tuple(replace(step, colours=drawn) for step in steps)
    return Plan(tuple(without_implied_needs(coloured)), (), redeploys=name)


def _refused(what: str, advice: str) -> Plan:
    return Plan((), (f"{what} (next: {advice})",))


def _status(blueprint: Blueprint) -> str:
    return f"promote lab status --stage {blueprint.stage}"


def _leave(blueprint: Blueprint, observed: Observed, host: Host) -> Leave | Refused:
    """How it leaves the hosts that stay, by its role."""
    redeploy = blueprint.roles[host.role].redeploy
    if redeploy is None:
        return Refused("how a host of this role is replaced is not known", next="")
    others = blueprint.having({one.name for one in blueprint.hosts} - {host.name})
    return redeploy(others, observed.facts, Going(host.name, host.address, runs=_runs(observed, host)))


def _runs(observed: Observed, host: Host) -> bool:
    return observed.host(host.name).state in {State.RUNNING, State.SILENT}


def _without(observed: Observed, host: Host, leave: Leave) -> Observed:
    """The stage as its new host finds it.

    One that keeps its data still tells what they are. What it has now is of no image that is wanted.
    """
    seen = observed.host(host.name)
    hosts = {name: other for name, other in observed.hosts.items() if name != host.name}
    if seen.state is State.RUNNING and not leave.discards:
        hosts[host.name] = replace(seen, image="", base="", changes=())
    return replace(observed, hosts=hosts)


def _against(blueprint: Blueprint, host: Host, steps: Iterable[Step]) -> str:
    """What is wrong with other hosts, so that this one may not go; empty if nothing is."""
    telling = [step for step in steps if step.kind in _TELLING and step.host not in {None, host.name}]
    peers = {peer.name for peer in blueprint.peers(host)}
    out = [step.host or "" for step in telling if step.kind == "cluster" and step.host in peers]
    if out:
        return (
            f"{host.role}: {host.name} can't be redeployed: {', '.join(out)} "
            f"{'is' if len(out) == 1 else 'are'} out of the cluster, which would lose its majority, or data "
            "that no other host has"
        )
    if telling:
        wrong = "; ".join(f"{step.host}: {step.title}" for step in telling)
        return f"other hosts are not as the release has them, and would have to be changed as well: {wrong}"
    return ""


def _gone(blueprint: Blueprint, observed: Observed, host: Host, leave: Leave) -> list[Step]:
    """The steps until it is gone, in order."""
    drains, expects = _at_the_balancers(blueprint, observed, host)
    name, seen = host.name, observed.host(host.name)
    steps = [act_step(f"{DRAIN}/{act.host}", act) for act in drains]
    steps += [act_step(f"leave/{name}/{act.host}", act) for act in leave.before]
    if seen.state is not State.ABSENT or leave.discards:
        what = (
            f"remove {name} and its data, which the other hosts have" if leave.discards else f"remove {name}"
        )
        steps.append(Step(f"gone/{name}", "leave", name, what, (), RemoveHost(leave.discards)))
    steps += [act_step(f"left/{name}/{act.host}", act) for act in leave.after]
    return [*steps, *(act_step(f"expect/{act.host}", act) for act in expects)]


def _at_the_balancers(blueprint: Blueprint, observed: Observed, host: Host) -> tuple[list[Act], list[Act]]:
    """What load balancers do before it goes and when it is gone; nothing where it serves alone or not at all.

    Of a role whose hosts leave first, each stops in a way that sees to it.
    """
    role = blueprint.roles[host.role]
    alone = len(blueprint.peers(host)) == 1
    if alone or role.leaves_first or not role.services or not _runs(observed, host):
        return [], []
    servers = {pool(service.name, host.colour): (host.name,) for service in role.services}
    drains, expects = list[Act](), list[Act]()
    for name, other in _balancers(blueprint, observed):
        if other.drain and other.expect:
            drains.append(_act(name, f"send nothing more to {host.name}", other.drain(blueprint, servers)))
            title = f"send to {host.name} again once its checks pass"
            expects.append(_act(name, title, other.expect(servers)))
    return drains, expects


def _balancers(blueprint: Blueprint, observed: Observed) -> Iterator[tuple[str, Role]]:
    for host in blueprint.hosts:
        if observed.host(host.name).state is State.RUNNING:
            yield host.name, blueprint.roles[host.role]


def _act(host: str, title: str, command: Command) -> Act:
    return Act(host, title, (command,))


def _title(blueprint: Blueprint, host: Host, leave: Leave) -> str:
    """What the new host is, and what people would ask: what becomes of its data, and who serves meanwhile."""
    role, alone = blueprint.roles[host.role], len(blueprint.peers(host)) == 1
    data = "; it keeps its data" if role.keeps and not leave.discards else ""
    serves = f"; no other host is {host.role}, so nobody does its work meanwhile" if alone else ""
    return f"create a new {host.name}{data}{serves}"


def _behind(first: Sequence[Step], rest: Sequence[Step], title: str) -> Iterator[Step]:
    """The steps by which the host goes, one after the other; then those that make it, under this title."""
    foundations = [step for step in rest if step.host is None]
    yield from foundations
    earlier = ids(foundations)
    for step in first:
        yield replace(step, needs=earlier)
        earlier = (step.id,)
    for step in rest:
        if step in foundations:
            continue
        named = replace(step, title=title) if step.kind == "host" else step
        yield replace(named, needs=(*step.needs, *earlier))
