"""Chooses a fault's victim by what was seen just before; refuses a fault that would break a quorum."""

from collections.abc import Collection, Iterator, Mapping
from random import Random

from suites.errors import FaultRefused
from suites.failover.stage import Stage
from suites.faults.fault_case import FaultCase, Making, Scene
from suites.faults.guard import outnumbering
from suites.harness.component import Component
from suites.probes.spec import Kind
from suites.seam.target import TargetHost

Blow = tuple[Making, TargetHost]


def scene_of(
    stage: Stage,
    component: Component,
    holders: Collection[str],
    answering: Mapping[Kind, Collection[str]],
    random: Random,
) -> Scene:
    """Return the scene; it names the host that answers a kind's clients only if one answers them all."""
    alone = {kind: next(iter(names)) for kind, names in answering.items() if len(names) == 1}
    return Scene(
        stage.target,
        stage.target.carrying(component.name),
        next(iter(holders)) if len(holders) == 1 else None,
        alone.get(Kind.SQL),
        random,
        alone,
        stage.fleet,
    )


def chosen(stage: Stage, component: Component, fault_case: FaultCase, scene: Scene) -> tuple[Blow, ...]:
    """Return the faults to be made, in order, each with its host.

    Raises FaultRefused when there is no victim, or when losing them would break the quorum of a component
    that the fault does not target, and ReadingFailed if a host that must be asked does not answer.
    """
    try:
        blows = tuple(_blows(fault_case, scene))
    except LookupError as error:
        raise FaultRefused(f"will not try {fault_case.name}", where=component.name, why=str(error)) from None
    victims = tuple(dict.fromkeys(host.name for _, host in blows))
    carried = {name for _, host in blows for name in host.components}
    lost = (carried if fault_case.hits is None else carried & fault_case.hits) - fault_case.takes
    hit = [one for one in stage.components if one.name in lost]
    seen = stage.health([place for place in stage.places if place.component in hit])
    for one in hit:
        there = stage.target.names(one.name)
        healthy = [place.host for place, look in seen.items() if place.component is one and look.holds]
        gone = [name for name in victims if name in there]
        problem = outnumbering(one.name, one.quorum, gone, healthy, len(there))
        if problem:
            raise FaultRefused(f"will not try {fault_case.name}", where=", ".join(gone), why=problem)
    return blows


def _blows(fault_case: FaultCase, scene: Scene) -> Iterator[Blow]:
    victim = fault_case.victim(scene)
    yield fault_case.fault, victim
    for strike in fault_case.also:
        hosts = strike.victims(scene, victim)
        if not hosts:
            raise LookupError("there is no other host to hit, too")
        yield from ((strike.fault, host) for host in hosts)
