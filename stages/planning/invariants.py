"""What holds of every plan, whatever the stage was found as. Pure.

stages/planning/rolling.py says it in words, and how it comes to hold. Here it is looked at once more in the
finished plan, so that a defect there is a plan that is not performed, and no outage.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from stages.design.blueprint import Blueprint
from stages.design.parts import Formation
from stages.errors import PlanUnsafe
from stages.planning.observed import Observed, State
from stages.planning.steps import Step, behind

Behind = Mapping[str, frozenset[str]]

_CHANGES = frozenset({"host", "manifest"})


def require_invariants(
    blueprint: Blueprint,
    observed: Observed,
    formations: Mapping[str, Sequence[Formation]],
    steps: Sequence[Step],
) -> None:
    """Do nothing for steps that hold the invariants, each behind what it needs; else raise PlanUnsafe.

    `formations` are those of each role.
    """
    before = behind(steps)
    broken: list[str] = []
    for role in blueprint.roles:
        names = {host.name for host in blueprint.hosts_of(role)}
        own = [step for step in steps if step.host in names]
        cluster = [item for item in formations[role] if item.kind == "cluster"]
        out = {item.host: item.id for item in cluster if observed.is_missing(item)}
        broken += [*_changed_twice(own), *_changed_at_once(own, observed, before)]
        if len(out) < len(cluster):
            broken += _changed_too_early(own, out, before)
        elif out:
            broken += _bootstrapped_too_early(own, before)
    if broken:
        raise PlanUnsafe(
            "the plan would not be safe",
            where=blueprint.stage,
            why="; ".join(broken),
            next="promote with another release; this is a defect of this one",
        )


def _changed_twice(steps: Sequence[Step]) -> Iterator[str]:
    """1. A host is made what it should be in one step."""
    changed = [step.host for step in steps if step.kind in _CHANGES]
    for host in sorted({host for host in changed if host and changed.count(host) > 1}):
        yield f"{host} is changed by several steps"


def _changed_at_once(steps: Sequence[Step], observed: Observed, before: Behind) -> Iterator[str]:
    """2. Of the hosts that run, or may run and only do not answer, no two are changed at once."""
    touching = [
        step
        for step in steps
        if step.kind in _CHANGES | {"cluster"}
        and observed.host(step.host or "").state in {State.RUNNING, State.SILENT}
    ]
    for one, other in combinations(touching, 2):
        if one.host != other.host and one.id not in before[other.id] and other.id not in before[one.id]:
            yield f"{one.id} and {other.id} are done at once"


def _changed_too_early(steps: Sequence[Step], out: Mapping[str, str], before: Behind) -> Iterator[str]:
    """3. A member of a cluster is changed only when all that are out of the cluster are back in it."""
    for step in steps:
        if step.kind in _CHANGES and step.host not in out:
            yield from (
                f"{step.id} does not wait for {name}" for name in out.values() if name not in before[step.id]
            )


def _bootstrapped_too_early(steps: Sequence[Step], before: Behind) -> Iterator[str]:
    """4. Who bootstraps a cluster, where all are out, begins when every peer of it is as it should be."""
    first = next(step for step in steps if step.kind == "cluster")
    for step in steps:
        if step.kind in _CHANGES and step.id not in before[first.id]:
            yield f"{first.id} does not wait for {step.id}"
