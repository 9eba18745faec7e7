"""The formations of a role in a plane, whichever other colour stands beside it. Pure.

Where the other colour runs another OpenStack release, both use the same schemas, which no release may then
bring to its own state in one go: an upgrade does that phase by phase, and the way back not at all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from stages.design.blueprint import Blueprint, Facts, Plane, Role, Tier
from stages.design.manifest import Command
from stages.design.parts import Formation, Phase, Refused
from stages.design.upgrading import Upgrade
from stages.openstack import pending, phases
from stages.openstack.releases import Releases
from stages.openstack.review import missing

STILL_SERVES = "-serves"  # how the ids of formations end that look whether an older release can serve


def formed(
    blueprint: Blueprint, role: Role, plane: Plane, facts: Facts, releases: Releases
) -> tuple[Formation, ...] | Refused:
    """The role's formations; those that make tables are replaced if the colour beside has another release.

    For the newer of the two releases by what the phases before the cut over do, for the older one by a look
    whether it can still serve. Where the older one is gone and the schemas wait for the phases that come
    then, nothing takes their place: a retirement does these. Refused, besides what the role refuses, if
    nobody has reviewed the step.
    """
    made = role.form(blueprint, plane, facts)
    other = blueprint.beside
    if isinstance(made, Refused) or plane.tier is not Tier.COLOURED or not role.upgrades:
        return made
    if other is None or plane.openstack == other.openstack:
        waits = pending.before(facts.values(), plane.openstack) is not None
        return _replaced(role, made, ()) if waits else made
    if not plane.hosts_of(role.name):
        return made
    if releases.precedes(plane.openstack, other.openstack):
        looks = tuple(_still_serves(role, plane, upgrade, other.openstack) for upgrade in role.upgrades)
        return _replaced(role, made, looks)
    review = releases.review(other.openstack, plane.openstack)
    if review is None:
        return missing(other.openstack, plane.openstack)
    return _replaced(role, made, tuple(phases.of_role(blueprint, plane, role, review, phases.BEFORE_SERVING)))


def _replaced(role: Role, made: Sequence[Formation], instead: Sequence[Formation]) -> tuple[Formation, ...]:
    """These formations instead of those that make tables; what came after one comes after its project's."""
    follows = {
        one.id: tuple(other.id for other in instead if other.id.startswith(f"schema/{upgrade.project}-"))
        for one in made
        for upgrade in role.upgrades
        if phases.is_of(one, upgrade)
    }
    rest = (
        replace(one, after=tuple(dict.fromkeys(_after(one, follows))))
        for one in made
        if one.id not in follows
    )
    return (*instead, *rest)


def _after(formation: Formation, follows: dict[str, tuple[str, ...]]) -> Iterator[str]:
    for name in formation.after:
        yield from follows.get(name, (name,))


def _still_serves(role: Role, plane: Plane, upgrade: Upgrade, newer: str) -> Formation:
    release = plane.openstack
    done = phases.still_serves(upgrade, release)
    told = f"error: {upgrade.project}: its schemas went on to what only {newer} can use, so {release} is out"
    return Formation(
        id=f"schema/{upgrade.project}{STILL_SERVES}",
        kind=phases.CHECK,
        phase=Phase.EXPAND,
        host=plane.hosts_of(role.name)[0].name,
        title=f"see whether the schemas of {upgrade.project} still serve {release}",
        commands=(
            *phases.reachable_for(upgrade),
            Command("still serves", ("sh", "-c", f"echo '{told}' >&2; exit 1"), unless=done),
        ),
        done=done,
        needs=phases.NEEDS,
    )
