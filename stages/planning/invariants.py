"""The invariants of every plan, whatever state was observed. Pure.

stages/planning/rolling.py explains them and plans accordingly. This module checks the finished plan again, so
that a defect there causes a refused plan instead of an outage.
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
    """Raise PlanUnsafe when the steps break an invariant. Each step must come after those it needs.

    `formations` has those of each role.
    """
    before = behind(steps)
    broken: list[str] = []
    for role in blueprint.roles:
        names = {host.name for host in blueprint.everywhere(role)}
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
    """1. A single step brings a host to its desired state."""
    changed = [step.host for step in steps if step.kind in _CHANGES]
    for host in sorted({host for host in changed if host and changed.count(host) > 1}):
        yield f"{host} is changed by several steps"


def _changed_at_once(steps: Sequence[Step], observed: Observed, before: Behind) -> Iterator[str]:
    """2. No two hosts that run, or are silent and may still run, are changed in parallel."""
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
    """3. A member of a cluster is changed only when all hosts that are out of the cluster have rejoined."""
    for step in steps:
        if step.kind in _CHANGES and step.host not in out:
            yield from (
                f"{step.id} does not wait for {name}" for name in out.values() if name not in before[step.id]
            )


def _bootstrapped_too_early(steps: Sequence[Step], before: Behind) -> Iterator[str]:
    """4. Where all hosts are out, the bootstrap starts only when every peer is as desired."""
    first = next(step for step in steps if step.kind == "cluster")
    for step in steps:
        if step.kind in _CHANGES and step.id not in before[first.id]:
            yield f"{first.id} does not wait for {step.id}"
