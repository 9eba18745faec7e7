"""Within one role: which hosts are created or changed in parallel, and which one by one. Pure.

The invariants (stages/planning/invariants.py checks them):

1. A single step brings a host to its desired state.
2. No two hosts that run, or are silent and may still run, are changed in parallel.
3. A member of a cluster is changed only when all hosts that are out of the cluster have rejoined.
4. The host that bootstraps a cluster starts only when every peer that it has to query is as desired.

A host is down (absent or stopped), silent, or running. It is in the cluster when it runs and its formation is
done, otherwise out. In a role without a cluster no host is out. The steps of each case follow those of the
cases before:

Case 1. Hosts that are down serve no clients: they are created or started in parallel.

Case 2. All hosts are out. Those that are not down are replaced or changed one by one, silent ones first; then
every host is as desired. The first host bootstraps the cluster. Then hosts that were down join in parallel,
the others one by one.

Case 3. Some hosts are out. They rejoin one by one, silent ones last, since those may still serve.

Case 4. The remaining hosts serve. They are changed one by one, silent ones first, then from the last host to
the first; each rejoins its peers before the next is changed. Formations that need none of them come before,
and so do hosts that leave, where their role says that they leave first (stages/planning/leaving.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from stages.design.blueprint import Blueprint, Host
from stages.design.leaving import Leave
from stages.design.parts import Formation, Milestone, Phase
from stages.planning.actions import ApplyManifest, CreateHost, RunCommands, StartHost
from stages.planning.leaving import leave_steps
from stages.planning.observed import HostSeen, Observed, State
from stages.planning.steps import Desired, Step, ids


@dataclass(frozen=True, slots=True)
class Turn:
    """The input for a role's steps: the stage, and by role the steps that come before.

    `phases` has the phase of every formation of the stage by its id.
    """

    blueprint: Blueprint
    observed: Observed
    wanted: Desired
    foundations: list[Step]
    earlier: Mapping[str, tuple[str, ...]]
    phases: Mapping[str, Phase]
    needs: tuple[Milestone, ...]

    @property
    def before(self) -> tuple[str, ...]:
        """The steps until the roles that this role needs serve."""
        return self.until(self.needs)

    def until(self, milestones: Iterable[Milestone]) -> tuple[str, ...]:
        """The steps that come before, up to these milestones."""
        return tuple(
            step
            for milestone in milestones
            for step in self.earlier.get(milestone.role, ())
            if self._leads_to(milestone.phase, step)
        )

    def _leads_to(self, phase: Phase, step: str) -> bool:
        own = self.phases.get(step)
        return phase is Phase.SERVE or (own is not None and own.value <= phase.value)

    def is_down(self, host: Host) -> bool:
        """Whether the host is absent or stopped: it serves no clients."""
        return self.observed.host(host.name).state in {State.ABSENT, State.STOPPED}

    def is_silent(self, host: Host) -> bool:
        """Whether the host runs but does not answer: it may still serve."""
        return self.observed.host(host.name).state is State.SILENT


def role_steps(
    turn: Turn, role: str, formed: tuple[Formation, ...], leaves: Sequence[Leave] = ()
) -> list[Step]:
    """The steps of a role's hosts and formations, in an order that respects their needs.

    `leaves` are those that come before a serving host is changed. Late formations are left to `late_steps`.
    """
    late = _late(turn, formed)
    formations = tuple(item for item in formed if item not in late)
    hosts = turn.blueprint.everywhere(role)
    cluster = [item for item in formations if item.kind == "cluster"]
    out = [item for item in cluster if turn.observed.is_missing(item)]
    steps = _made_at_once(turn, hosts)
    if out and len(out) == len(cluster):
        steps = _bootstrapped(turn, hosts, out, steps)
        serving = []
    else:
        steps = _brought_back(turn, out, steps)
        names = {item.host for item in out}
        serving = [host for host in hosts if host.name not in names and not turn.is_down(host)]
    serving = [host for host in _silent_first(turn, reversed(serving)) if _host_steps(turn, host, ())]
    steps = _with_formations(turn, steps, _without(formations, {host.name for host in serving}))
    # Also after all roles before: their hosts may leave, too, and no two leave at once.
    steps += leave_steps(
        leaves, before=(*(step for of_role in turn.earlier.values() for step in of_role), *ids(steps))
    )
    for host in serving:
        steps += _member_steps(turn, host, formations, after=(*turn.before, *ids(steps)))
    return _with_formations(turn, steps, formations)


def _made_at_once(turn: Turn, hosts: Iterable[Host]) -> list[Step]:
    """Case 1: create or start the hosts that are down."""
    return [step for host in hosts if turn.is_down(host) for step in _host_steps(turn, host, ())]


def _bootstrapped(
    turn: Turn, hosts: Sequence[Host], out: Sequence[Formation], made: Sequence[Step]
) -> list[Step]:
    """Case 2: bootstrap the cluster, after the `made` steps of case 1; returns both."""
    steps = list(made)
    for host in _silent_first(turn, (host for host in hosts if not turn.is_down(host))):
        steps += _host_steps(turn, host, after=(*turn.before, *ids(steps)))
    first, *others = out
    steps.append(_formation_step(first, _formation_needs(turn, steps, first, ids(steps))))
    for number, formation in enumerate(others, 1):
        at_once = turn.is_down(turn.blueprint.host(formation.host))
        turns = tuple(item.id for item in out[: 1 if at_once else number])
        steps.append(_formation_step(formation, _formation_needs(turn, steps, formation, turns)))
    return steps


def _brought_back(turn: Turn, out: Iterable[Formation], made: Sequence[Step]) -> list[Step]:
    """Case 3: hosts rejoin the cluster, after the `made` steps of case 1; returns both."""
    steps, joined = list(made), list[str]()
    for formation in sorted(out, key=lambda item: turn.is_silent(turn.blueprint.host(item.host))):
        host = turn.blueprint.host(formation.host)
        if not turn.is_down(host):
            steps += _host_steps(turn, host, after=(*turn.before, *ids(steps)))
        needs = _formation_needs(turn, steps, formation, tuple(joined) or ids(steps))
        steps.append(_formation_step(formation, needs))
        joined.append(formation.id)
    return steps


def _silent_first(turn: Turn, hosts: Iterable[Host]) -> list[Host]:
    return sorted(hosts, key=lambda host: not turn.is_silent(host))


def late_steps(
    turn: Turn, formed: tuple[Formation, ...], steps: list[Step], every: Mapping[str, tuple[str, ...]]
) -> list[Step]:
    """The steps, in order, of a role's late formations.

    `steps` are all others of the stage, and so are those in `every`, by role.
    """
    whole = replace(turn, earlier=every)
    late: list[Step] = []
    for formation in _late(turn, formed):
        needs = _formation_needs(whole, [*steps, *late], formation, ())
        late.append(_formation_step(formation, needs))
    return late


def _late(turn: Turn, formed: tuple[Formation, ...]) -> tuple[Formation, ...]:
    """The formations that wait for roles which come later; none if a host is known to be in the cluster."""
    nobody = all(turn.observed.is_missing(item) for item in formed if item.kind == "cluster")
    return tuple(item for item in formed if nobody and _needs_later(turn, item))


def _needs_later(turn: Turn, formation: Formation) -> bool:
    return any(milestone.role not in turn.earlier for milestone in formation.needs or ())


def _without(formations: tuple[Formation, ...], hosts: set[str]) -> tuple[Formation, ...]:
    """The schema and service formations that are not on these hosts and do not wait for one that is."""
    late = {item.id for item in formations if item.host in hosts}
    return tuple(
        item
        for item in formations
        if item.kind in {"schema", "upgrade-check", "service"}
        and item.id not in late
        and late.isdisjoint(item.after)
    )


def _member_steps(
    turn: Turn, host: Host, formations: tuple[Formation, ...], after: tuple[str, ...]
) -> list[Step]:
    """The steps that change one member completely, rejoining its peers included; none if all is well."""
    steps = _host_steps(turn, host, after)
    if steps:
        missing = {item.id for item in formations if turn.observed.is_missing(item)}
        own = [
            item
            for item in formations
            if item.kind in {"cluster", "service"}
            and item.host == host.name
            # After a failed run, a service that never started must still wait for its missing schema.
            and not (item.id in missing and missing.intersection(item.after))
        ]
        steps += [_formation_step(formation, (steps[-1].id,)) for formation in own]
    return steps


def _host_steps(turn: Turn, host: Host, after: tuple[str, ...]) -> list[Step]:
    """The one step that creates or starts a host if needed and applies its manifest; none if all is well."""
    seen = turn.observed.host(host.name)
    manifest = turn.wanted.manifests[host.name]
    bring_up = _bring_up(seen, fits=_fits(turn, host, seen))
    if bring_up is not None:
        lost = _lost_with(turn, host, seen)
        title, needs = _title(host, seen, bring_up, lost), (*ids(turn.foundations), *after)
        return [Step(f"host/{host.name}", "host", host.name, title, needs, bring_up(manifest))]
    if seen.changes:
        title, action = "; ".join(seen.changes), ApplyManifest(manifest)
        return [Step(f"manifest/{host.name}", "manifest", host.name, title, after, action)]
    return []


def _fits(turn: Turn, host: Host, seen: HostSeen) -> bool:
    """Whether it keeps its data, and has the image to deploy, or at least all that its role uses of that."""
    if _lost_with(turn, host, seen):
        return False
    alike = seen.base == turn.wanted.base != ""
    return seen.image == turn.wanted.image or (alike and not turn.blueprint.roles[host.role].uses_openstack)


def _lost_with(turn: Turn, host: Host, seen: HostSeen) -> tuple[str, ...]:
    """What would be lost with the host: directories that its role keeps, and an older release had not."""
    if seen.outliving is None:
        return ()
    keeps = turn.blueprint.roles[host.role].keeps
    return tuple(one for one in keeps if one not in seen.outliving)


def _bring_up(seen: HostSeen, *, fits: bool) -> type[CreateHost | StartHost] | None:
    match seen.state:
        case State.ABSENT | State.SILENT:
            return CreateHost
        case _ if not fits:
            return CreateHost
        case State.STOPPED:
            return StartHost
        case State.RUNNING:
            return None


def _title(host: Host, seen: HostSeen, bring_up: type[CreateHost | StartHost], lost: tuple[str, ...]) -> str:
    if bring_up is StartHost:
        return f"start {host.name}, which is stopped"
    match seen.state:
        case State.ABSENT:
            return f"create {host.name}"
        case State.SILENT:
            return f"replace {host.name}, which does not answer ({seen.why})"
        case _ if lost:
            return f"replace {host.name}, with which {' and '.join(lost)} would be lost"
        case _:
            return f"replace {host.name}, which runs another image"


def _with_formations(turn: Turn, steps: list[Step], formations: tuple[Formation, ...]) -> list[Step]:
    """Add steps for formations that are needed and not planned yet, each after what it needs."""
    busy = bool(steps)
    for formation in formations:
        if formation.id in ids(steps):
            continue
        if turn.observed.is_missing(formation) or (formation.kind == "ready" and busy):
            steps.append(_formation_step(formation, _formation_needs(turn, steps, formation, ())))
    return steps


def _formation_needs(
    turn: Turn, steps: list[Step], formation: Formation, turns: tuple[str, ...]
) -> tuple[str, ...]:
    planned = ids(steps)
    own = (step.id for step in steps if step.kind in {"host", "manifest"} and step.host == formation.host)
    waits = planned if formation.kind == "ready" else ()
    after = (name for name in formation.after if name in planned)
    before = turn.before if formation.needs is None else turn.until(formation.needs)
    return tuple(dict.fromkeys((*before, *own, *waits, *after, *turns)))


def _formation_step(formation: Formation, needs: tuple[str, ...]) -> Step:
    action = RunCommands.of(formation)
    return Step(
        formation.id, formation.kind, formation.host, formation.title, needs, action, formation.irreversible
    )
