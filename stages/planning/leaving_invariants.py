"""The invariants of hosts that leave, whatever state was observed. Pure.

stages/planning/departures.py refuses what could not hold them, stages/planning/leaving.py plans accordingly,
and the finished plan is checked again, as in stages/planning/invariants.py:

5. No two hosts leave at once, in the whole stage.
6. A host leaves when all hosts of its role that are to stay and are out of the cluster have rejoined.
7. In a role whose hosts leave first, a host that serves gets its new manifest when they are gone. In any
   other, a host leaves when all that stay are as desired.
8. What distributes clients has let go of a host, and has its new manifest, before the host leaves. Roles
   whose hosts leave first are not bound by it: they see to it themselves.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from stages.design.blueprint import Blueprint
from stages.design.parts import Formation
from stages.errors import PlanUnsafe
from stages.planning.actions import ApplyManifest, RemoveHost
from stages.planning.departures import Departure
from stages.planning.leaving import DRAIN
from stages.planning.observed import Observed, State
from stages.planning.steps import Step, behind

Behind = Mapping[str, frozenset[str]]


def require_safe_leaves(
    blueprint: Blueprint,
    observed: Observed,
    formations: Mapping[str, Sequence[Formation]],
    departures: Iterable[Departure],
    steps: Sequence[Step],
) -> None:
    """Raise PlanUnsafe when the steps break an invariant. Each step must come after those it needs."""
    before = behind(steps)
    broken = list(_gone_at_once(steps, before))
    for item in departures:
        if item.role is None or not item.stay:
            continue
        gone = [f"host/{host.name}" for host in item.going]
        changed = {
            step.id: step.host
            for step in steps
            if step.host in item.stay and step.kind in {"host", "manifest"}
        }
        out = [
            one for one in formations[item.role.name] if one.kind == "cluster" and observed.is_missing(one)
        ]
        broken += _unordered(before, [one.id for one in out], gone)
        if item.comes_first:
            rejoining = {one.host for one in out}
            serving = [
                name for name, host in changed.items() if host not in rejoining and _serves(observed, host)
            ]
            broken += _unordered(before, gone, serving)
        else:
            broken += _unordered(before, changed, gone)
            broken += _unordered(before, _balancers(blueprint, item, steps), gone)
    if broken:
        raise PlanUnsafe(
            "the plan would not be safe",
            where=blueprint.stage,
            why="; ".join(broken),
            next="promote with another release; this is a defect of this one",
        )


def _gone_at_once(steps: Iterable[Step], before: Behind) -> Iterator[str]:
    gone = [step.id for step in steps if isinstance(step.action, RemoveHost)]
    for one, other in combinations(gone, 2):
        if one not in before[other] and other not in before[one]:
            yield f"{one} and {other} leave at once"


def _unordered(before: Behind, earlier: Iterable[str], later: Iterable[str]) -> Iterator[str]:
    after = tuple(later)
    for first in earlier:
        yield from (f"{second} does not wait for {first}" for second in after if first not in before[second])


def _balancers(blueprint: Blueprint, item: Departure, steps: Sequence[Step]) -> Iterator[str]:
    """The steps on hosts that distribute clients of this role, if any do, their drains included."""
    if item.role is None or not item.role.services:
        return
    distributing = {
        host.name
        for name, role in blueprint.roles.items()
        if role.drain
        for host in blueprint.everywhere(name)
    }
    running = any(host.runs for host in item.going)
    for step in steps:
        if step.host in distributing and step.kind in {"host", "manifest"}:
            yield step.id
        if step.host in distributing and running and isinstance(step.action, ApplyManifest):
            yield f"{DRAIN}/{step.host}"


def _serves(observed: Observed, host: str | None) -> bool:
    return observed.host(host or "").state in {State.RUNNING, State.SILENT}
