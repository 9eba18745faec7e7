"""Within one role: which hosts are made or changed at once, and which take turns. Pure.

Hosts that are not there are made all at once. Where nobody is in the cluster, they also join it at once,
behind the member that starts it, unless their role says otherwise. Hosts that run, or may run and only do
not answer, are changed one after the other, each whole before the next, the first of a role last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stages.planning.actions import ApplyManifest, CreateHost, RunCommands, StartHost
from stages.planning.observed import State
from stages.planning.steps import Step, ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stages.design.blueprint import Blueprint, Host
    from stages.design.parts import Formation
    from stages.planning.observed import HostSeen, Observed
    from stages.planning.steps import Desired


@dataclass(frozen=True, slots=True)
class Turn:
    """What a role's steps stand on: the stage, and by role the steps of all that come before theirs."""

    blueprint: Blueprint
    observed: Observed
    wanted: Desired
    foundations: list[Step]
    earlier: Mapping[str, tuple[str, ...]]
    needs: tuple[str, ...]

    @property
    def before(self) -> tuple[str, ...]:
        """The steps of all that the role needs."""
        return self.steps_of(self.needs)

    def steps_of(self, roles: tuple[str, ...]) -> tuple[str, ...]:
        """The steps of these roles."""
        return tuple(step for role in roles for step in self.earlier.get(role, ()))


def role_steps(turn: Turn, role: str, formed: tuple[Formation, ...]) -> list[Step]:
    """The steps of a role's hosts and formations, in an order that respects their needs.

    Those that are behind all schemas are not among them: `late_steps` has them.
    """
    late = _late(turn, formed)
    formations = tuple(item for item in formed if item not in late)
    hosts = turn.blueprint.hosts_of(role)
    silent = [host for host in hosts if turn.observed.host(host.name).state is State.SILENT]
    at_once = [host for host in hosts if turn.observed.host(host.name).state in {State.ABSENT, State.STOPPED}]
    steps: list[Step] = []
    for host in at_once:
        steps += _host_steps(turn, host, after=())
    cluster = [item for item in formations if item.kind == "cluster"]
    joining = [item for item in cluster if _is_missing(turn, item)]
    made = list(at_once)
    if len(joining) == len(cluster):
        # Nobody is known to be in a cluster. The bootstrapping host queries every peer first, so all must be
        # as they should by then: those that are silent made anew, those that run and are not in it started.
        out = (*silent, *(host for host in hosts if host not in at_once and host not in silent))
        for host in out if cluster else ():
            steps += _host_steps(turn, host, after=(*turn.before, *ids(steps)))
            made.append(host)
    else:
        joining.sort(key=lambda item: turn.observed.host(item.host).state is State.SILENT)
    # Whoever is out comes back first, then one at a time: never two members of a cluster at once.
    for number, formation in enumerate(joining):
        host = turn.blueprint.host(formation.host)
        if host not in made:
            steps += _host_steps(turn, host, after=(*turn.before, *ids(steps)))
        if number == 0:  # who starts a cluster asks all others first, so each of them must be able to answer
            turns = ids(steps)
        else:
            at_once_too = len(joining) == len(cluster) and host in at_once
            turns = tuple(item.id for item in joining[: 1 if at_once_too else number])
        steps.append(_formation_step(formation, _formation_needs(turn, steps, formation, turns)))
    whole = {*(host.name for host in made), *(item.host for item in joining)}
    rest = [*reversed(silent), *(host for host in reversed(hosts) if host not in silent)]
    rest = [host for host in rest if host.name not in whole and _host_steps(turn, host, ())]
    # Change the serving hosts after the others.
    steps = _with_formations(turn, steps, _without(formations, {host.name for host in rest}))
    for host in rest:
        steps += _member_steps(turn, host, formations, after=(*turn.before, *ids(steps)))
    return _with_formations(turn, steps, formations)


def late_steps(turn: Turn, formed: tuple[Formation, ...], steps: list[Step]) -> list[Step]:
    """The formations of a role that wait for every schema among the stage's `steps`, one after the other."""
    schemas = tuple(step.id for step in steps if step.kind == "schema")
    late: list[Step] = []
    for formation in _late(turn, formed):
        needs = _formation_needs(turn, [*steps, *late], formation, schemas)
        late.append(_formation_step(formation, needs))
    return late


def _late(turn: Turn, formed: tuple[Formation, ...]) -> tuple[Formation, ...]:
    """Those that wait for every schema: only while nobody is known to be in the cluster."""
    nobody = all(_is_missing(turn, item) for item in formed if item.kind == "cluster")
    return tuple(item for item in formed if item.behind_schemas and nobody)


def _without(formations: tuple[Formation, ...], hosts: set[str]) -> tuple[Formation, ...]:
    """The schemas and services that neither stand on these hosts nor wait for what does."""
    late = {item.id for item in formations if item.host in hosts}
    return tuple(
        item
        for item in formations
        if item.kind in {"schema", "service"} and item.id not in late and late.isdisjoint(item.after)
    )


def _member_steps(
    turn: Turn, host: Host, formations: tuple[Formation, ...], after: tuple[str, ...]
) -> list[Step]:
    """A member that runs is changed whole, back among its peers included, before the next one's turn."""
    steps = _host_steps(turn, host, after)
    if steps:
        missing = {item.id for item in formations if _is_missing(turn, item)}
        own = [
            item
            for item in formations
            if item.kind in {"cluster", "service"}
            and item.host == host.name
            # A service that was never started waits for what was never made: its schema, after a broken run.
            and not (item.id in missing and missing.intersection(item.after))
        ]
        steps += [_formation_step(formation, (steps[-1].id,)) for formation in own]
    return steps


def _host_steps(turn: Turn, host: Host, after: tuple[str, ...]) -> list[Step]:
    """The one step that gives a host its manifest, made or started first if need be; none if all is well."""
    seen = turn.observed.host(host.name)
    manifest = turn.wanted.manifests[host.name]
    bring_up = _bring_up(seen, turn.wanted)
    if bring_up is not None:
        title, needs = _title(host, seen, bring_up), (*ids(turn.foundations), *after)
        return [Step(f"host/{host.name}", "host", host.name, title, needs, bring_up(manifest))]
    if seen.changes:
        title, action = "; ".join(seen.changes), ApplyManifest(manifest)
        return [Step(f"manifest/{host.name}", "manifest", host.name, title, after, action)]
    return []


def _bring_up(seen: HostSeen, wanted: Desired) -> type[CreateHost | StartHost] | None:
    match seen.state:
        case State.ABSENT | State.SILENT:
            return CreateHost
        case _ if seen.image != wanted.image:
            return CreateHost
        case State.STOPPED:
            return StartHost
        case State.RUNNING:
            return None


def _title(host: Host, seen: HostSeen, bring_up: type[CreateHost | StartHost]) -> str:
    if bring_up is StartHost:
        return f"start {host.name}, which is stopped"
    match seen.state:
        case State.ABSENT:
            return f"create {host.name}"
        case State.SILENT:
            return f"replace {host.name}, which does not answer ({seen.why})"
        case _:
            return f"replace {host.name}, which runs another image"


def _with_formations(turn: Turn, steps: list[Step], formations: tuple[Formation, ...]) -> list[Step]:
    """Add the formations that are needed and not there yet, each behind what it needs."""
    busy = bool(steps)
    for formation in formations:
        if formation.id in ids(steps):
            continue
        if _is_missing(turn, formation) or (formation.kind == "ready" and busy):
            steps.append(_formation_step(formation, _formation_needs(turn, steps, formation, ())))
    return steps


def _formation_needs(
    turn: Turn, steps: list[Step], formation: Formation, turns: tuple[str, ...]
) -> tuple[str, ...]:
    planned = ids(steps)
    own = (step.id for step in steps if step.kind in {"host", "manifest"} and step.host == formation.host)
    waits = planned if formation.kind == "ready" else ()
    after = (name for name in formation.after if name in planned)
    before = turn.before if formation.needs is None else turn.steps_of(formation.needs)
    return tuple(dict.fromkeys((*before, *own, *waits, *after, *turns)))


def _is_missing(turn: Turn, formation: Formation) -> bool:
    seen = turn.observed.host(formation.host)
    return formation.id not in seen.done or seen.state is not State.RUNNING


def _formation_step(formation: Formation, needs: tuple[str, ...]) -> Step:
    action = RunCommands(tuple(command.to_json() for command in formation.commands))
    return Step(
        formation.id, formation.kind, formation.host, formation.title, needs, action, formation.irreversible
    )
