"""What must be done to turn the stage that was found into the one that is wanted. Pure.

The order comes from what roles need. Hosts that are not there are made all at once; hosts that run are
changed one after the other within their role, each whole before the next, the first of a role last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stages.observed import ABSENT, HostSeen, Observed, State
from stages.roles.role import Formation, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stages.blueprint import Blueprint, Host

IMAGE, DOOR = "image", "network"


@dataclass(frozen=True, slots=True)
class Step:
    """One unit of a plan. `needs` are ids of steps that must have ended well before."""

    id: str
    kind: str
    host: str | None
    title: str
    needs: tuple[str, ...]
    action: Mapping[str, Any]
    irreversible: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The seam's form."""
        return {
            "id": self.id,
            "kind": self.kind,
            "host": self.host,
            "title": self.title,
            "needs": list(self.needs),
            "undo": {"possible": self.irreversible is None, "why": self.irreversible},
            "action": dict(self.action),
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the release asks for beside the blueprint.

    `image` is the content digest to deploy, None while it is not built; `build` is whether this stage
    may build it (and records which it is); `manifests` has the digest of each host's manifest.
    """

    image: str | None
    build: bool
    recorded: bool
    manifests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in an order that respects their needs, or the reasons why nothing may be done."""

    steps: tuple[Step, ...]
    refusals: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The seam's form; the summary says for each host what will happen to it."""
        summary = [{"host": step.host or "-", "change": step.title} for step in self.steps]
        return {
            "steps": [step.to_json() for step in self.steps],
            "refusals": list(self.refusals),
            "summary": summary,
        }


def make(blueprint: Blueprint, observed: Observed, wanted: Wanted) -> Plan:
    """The plan. An empty one means that the stage is as it should be."""
    refusals = list(_refusals(blueprint, observed, wanted))
    formations: dict[str, tuple[Formation, ...]] = {}
    for name, role in blueprint.roles.items():
        formed = role.form(blueprint, observed.facts)
        if isinstance(formed, Refused):
            refusals.append(f"{formed.what} (next: {formed.next})")
        else:
            formations[name] = formed
    if refusals:
        return Plan((), tuple(refusals))
    steps = list(_foundations(observed, wanted))
    by_role: dict[str, list[Step]] = {}
    for name in in_order(blueprint):
        role = blueprint.roles[name]
        before = tuple(step.id for need in role.needs for step in by_role.get(need, []))
        by_role[name] = _role_steps(_Turn(blueprint, observed, wanted, steps, before), name, formations[name])
    for role_steps in by_role.values():
        steps += role_steps
    steps += _removals(blueprint, observed, _ids(steps))
    return Plan(tuple(_told_once(steps)), ())


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


def _told_once(steps: Sequence[Step]) -> Iterable[Step]:
    """The same order with no need that follows from another one, so that a person can read it.

    `steps` must stand after what they need.
    """
    behind: dict[str, set[str]] = {}  # all that must have ended before a step, however far back
    for step in steps:
        implied = {earlier for need in step.needs for earlier in behind[need]}
        behind[step.id] = implied | set(step.needs)
        yield replace(step, needs=tuple(need for need in step.needs if need not in implied))


@dataclass(frozen=True, slots=True)
class _Turn:
    blueprint: Blueprint
    observed: Observed
    wanted: Wanted
    foundations: list[Step]
    before: tuple[str, ...]


def _refusals(blueprint: Blueprint, observed: Observed, wanted: Wanted) -> Iterable[str]:
    others = {seen.openstack for seen in observed.hosts.values() if seen.openstack} - {blueprint.openstack}
    if others:
        yield (
            f"{blueprint.stage} runs OpenStack {', '.join(sorted(others))}, the release asks for "
            f"{blueprint.openstack}: a schema can't be taken back, so that needs a second control plane "
            "beside the first (blue/green), which is not there yet "
            "(next: set openstack in config/stagegate.yaml back)"
        )
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


def _foundations(observed: Observed, wanted: Wanted) -> Iterable[Step]:
    image_needed = wanted.build and not wanted.recorded
    if image_needed:
        title = (
            "build the host image"
            if wanted.image is None
            else "record the host image, which is built already"
        )
        yield Step(IMAGE, "image", None, title, (), {"do": "image"})
    if not observed.door:
        yield Step(
            DOOR,
            "host",
            None,
            "make the stage's network and its door",
            (IMAGE,) if image_needed else (),
            {"do": "door"},
        )


def _role_steps(turn: _Turn, role: str, formations: tuple[Formation, ...]) -> list[Step]:
    hosts = turn.blueprint.hosts_of(role)
    down = [host for host in hosts if turn.observed.host(host.name).state is not State.RUNNING]
    steps: list[Step] = []
    for host in down:
        steps += _host_steps(turn, host, after=())
    # Whoever is out comes back first, then one at a time: never two members of a cluster at once.
    joining = [item for item in formations if item.kind == "cluster" and _is_missing(turn, item)]
    for formation, before in zip(joining, (None, *joining), strict=False):
        host = turn.blueprint.host(formation.host)
        if host not in down:
            steps += _host_steps(turn, host, after=(*turn.before, *_ids(steps)))
        # Who bears a cluster asks all others first, so it waits till each of them can answer.
        turns = _ids(steps) if before is None else (before.id,)
        steps.append(_formation_step(formation, _formation_needs(turn, steps, formation, turns)))
    for host in reversed(hosts):
        if host not in down and host.name not in {item.host for item in joining}:
            steps += _member_steps(turn, host, formations, after=(*turn.before, *_ids(steps)))
    return _with_formations(turn, steps, formations)


def _member_steps(
    turn: _Turn, host: Host, formations: tuple[Formation, ...], after: tuple[str, ...]
) -> list[Step]:
    """A member that runs is changed whole, back in its cluster included, before the next one's turn."""
    steps = _host_steps(turn, host, after)
    if any(step.kind == "host" for step in steps):
        own = [item for item in formations if item.kind == "cluster" and item.host == host.name]
        steps += [_formation_step(formation, (steps[-1].id,)) for formation in own]
    return steps


def _host_steps(turn: _Turn, host: Host, after: tuple[str, ...]) -> list[Step]:
    seen = turn.observed.host(host.name)
    steps: list[Step] = []
    do = _creation(seen, turn.wanted)
    if do is not None:
        needs = (*_ids(turn.foundations), *after)
        steps.append(
            Step(f"host/{host.name}", "host", host.name, _creation_title(host, seen, do), needs, {"do": do})
        )
    if do is not None or seen.changes:
        what = f"configure {host.name}" if do is not None else "; ".join(seen.changes)
        needs = (steps[-1].id,) if steps else after
        action = {"do": "apply", "manifest": turn.wanted.manifests[host.name]}
        steps.append(Step(f"manifest/{host.name}", "manifest", host.name, what, needs, action))
    return steps


def _creation(seen: HostSeen, wanted: Wanted) -> str | None:
    match seen.state:
        case State.ABSENT | State.SILENT:
            return "create"
        case _ if seen.image != wanted.image:
            return "create"
        case State.STOPPED:
            return "start"
        case State.RUNNING:
            return None


def _creation_title(host: Host, seen: HostSeen, do: str) -> str:
    if do == "start":
        return f"start {host.name}, which is stopped"
    match seen.state:
        case State.ABSENT:
            return f"create {host.name}"
        case State.SILENT:
            return f"replace {host.name}, which does not answer ({seen.why})"
        case _:
            return f"replace {host.name}, which runs another image"


def _with_formations(turn: _Turn, steps: list[Step], formations: tuple[Formation, ...]) -> list[Step]:
    """Add the formations that are needed and not there yet, each behind what it needs."""
    busy = bool(steps)
    for formation in formations:
        if formation.id in _ids(steps):
            continue
        if _is_missing(turn, formation) or (formation.kind == "ready" and busy):
            steps.append(_formation_step(formation, _formation_needs(turn, steps, formation, ())))
    return steps


def _formation_needs(
    turn: _Turn, steps: list[Step], formation: Formation, turns: tuple[str, ...]
) -> tuple[str, ...]:
    planned = _ids(steps)
    own = (step.id for step in steps if step.kind in {"host", "manifest"} and step.host == formation.host)
    waits = planned if formation.kind == "ready" else ()
    after = (name for name in formation.after if name in planned)
    return tuple(dict.fromkeys((*turn.before, *own, *waits, *after, *turns)))


def _is_missing(turn: _Turn, formation: Formation) -> bool:
    seen = turn.observed.host(formation.host)
    return formation.id not in seen.done or seen.state is not State.RUNNING


def _ids(steps: Iterable[Step]) -> tuple[str, ...]:
    return tuple(step.id for step in steps)


def _formation_step(formation: Formation, needs: tuple[str, ...]) -> Step:
    commands = [command.to_json() for command in formation.commands]
    action = {"do": "form", "commands": commands}
    return Step(
        formation.id, formation.kind, formation.host, formation.title, needs, action, formation.irreversible
    )


def _removals(blueprint: Blueprint, observed: Observed, before: tuple[str, ...]) -> Iterable[Step]:
    """One after the other, when all else is done: what remains of a cluster stays one."""
    wanted = {host.name for host in blueprint.hosts}
    for name, seen in observed.hosts.items():
        if name not in wanted and seen is not ABSENT:
            title = f"remove {name}, which the config no longer has"
            yield Step(f"host/{name}", "host", name, title, before, {"do": "remove"})
            before = (*before, f"host/{name}")
