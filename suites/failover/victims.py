"""Chooses a fault's victim by what was seen just before; refuses a fault that would break a quorum."""

from collections.abc import Collection, Mapping
from random import Random

from suites.errors import FaultRefused
from suites.failover.stage import Stage
from suites.faults.fault_case import FaultCase, Scene
from suites.faults.guard import outnumbering
from suites.harness.component import Component
from suites.probes.spec import Kind
from suites.seam.target import Target, TargetHost


def scene_of(
    target: Target,
    component: Component,
    holders: Collection[str],
    answering: Mapping[Kind, Collection[str]],
    random: Random,
) -> Scene:
    """Return the scene; it names the host that answers a kind's clients only if one answers them all."""
    alone = {kind: next(iter(names)) for kind, names in answering.items() if len(names) == 1}
    return Scene(
        target,
        target.carrying(component.name),
        next(iter(holders)) if len(holders) == 1 else None,
        alone.get(Kind.SQL),
        random,
        alone,
    )


def chosen(stage: Stage, component: Component, fault_case: FaultCase, scene: Scene) -> TargetHost:
    """Return the host that a fault hits.

    Raises FaultRefused when there is none, or when losing it would break the quorum of a component that the
    fault does not target.
    """
    try:
        victim = fault_case.victim(scene)
    except LookupError as error:
        raise FaultRefused(f"will not try {fault_case.name}", where=component.name, why=str(error)) from None
    hit = [
        one for one in stage.components if one.name in victim.components and one.name not in fault_case.takes
    ]
    seen = stage.health([place for place in stage.places if place.component in hit])
    for one in hit:
        total = len(stage.target.carrying(one.name))
        healthy = [place.host for place, look in seen.items() if place.component is one and look.holds]
        problem = outnumbering(one.name, one.quorum, victim.name, healthy, total)
        if problem:
            raise FaultRefused(f"will not try {fault_case.name}", where=victim.name, why=problem)
    return victim
