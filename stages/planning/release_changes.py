"""Which changes of the OpenStack release a plan refuses, and why. Pure.

A schema migration can't be reverted, so no host gets another release in place: a second control plane takes
over from the first (stages/planning/takeover.py), if upstream supports the step and a person reviewed it.
"""

from collections.abc import Iterator, Mapping, Sequence

from stages import roles
from stages.design.blueprint import Blueprint, Tier
from stages.design.parts import Formation
from stages.openstack import pending
from stages.openstack.formed import STILL_SERVES
from stages.openstack.releases import Releases
from stages.planning.departures import Departure
from stages.planning.observed import Observed, State
from stages.planning.steps import Desired

_RESTORE = "restore openstack in config/stagegate.yaml"


def refusals(
    blueprint: Blueprint, observed: Observed, wanted: Desired, leaving: Sequence[Departure]
) -> Iterator[str]:
    """Why hosts can't come in place from the releases that they run to those that their planes ask for."""
    changes = _changes(blueprint, observed, leaving)
    for pair in sorted(changes):
        yield from _against(blueprint, *pair, wanted.releases)
    possible = [pair for pair in sorted(changes) if wanted.releases.supports(*pair)]
    if possible:
        told = _told(blueprint, {before for before, _ in possible}, {after for _, after in possible})
        only = ", and machines that exist already have one colour" if blueprint.inventory is not None else ""
        yield (
            f"{told}: a schema migration can't be reverted, so no host gets another release in place: a "
            f"second control plane takes over from the first (blue/green){only} (next: {_RESTORE})"
        )


def against_takeover(blueprint: Blueprint, releases: Releases) -> Iterator[str]:
    """Why the own colour can't take the clients of the one beside it; nothing if it may, or has them.

    The way back to an older release needs no step of upstream's: no schema is changed.
    """
    if blueprint.beside is None or not blueprint.served:
        return
    before = blueprint.beside.openstack
    for after in sorted({plane.openstack for plane in blueprint.planes if plane.colour is blueprint.colour}):
        if after != before and not releases.precedes(after, before):
            yield from _against(blueprint, before, after, releases)


def against_waiting(blueprint: Blueprint, observed: Observed, releases: Releases) -> Iterator[str]:
    """Why no newer release may take over yet: the schemas wait for the last phases of the upgrade before.

    Its online migrations would never run, and the next release's own may count on them.
    """
    if blueprint.beside is None or not blueprint.served:
        return
    now = blueprint.beside.openstack
    newer = [
        one.openstack for one in blueprint.planes if one.colour and releases.precedes(now, one.openstack)
    ]
    before = pending.before(observed.facts.values(), now)
    if newer and before is not None:
        yield (
            f"{blueprint.stage}: the schemas wait for the last phases from {before} to {now}, since a "
            f"retirement stopped before them; without them no upgrade to {newer[0]} may begin "
            f"(next: promote retire --stage {blueprint.stage})"
        )


def against_return(
    blueprint: Blueprint,
    observed: Observed,
    formations: Mapping[str, Sequence[Formation]],
    releases: Releases,
) -> Iterator[str]:
    """Why the older of two releases can't serve any more, as far as its hosts tell; nothing if it can.

    Where none of them stands, it was retired, or never served here. One that lacks what it is to have may not
    know the question yet: its step asks it. `formations` has those of each role.
    """
    if blueprint.beside is not None and blueprint.served:
        yield from _retired(blueprint, observed, blueprint.beside.openstack, releases)
    ended = [
        item.id.removeprefix("schema/").removesuffix(STILL_SERVES)
        for of_role in formations.values()
        for item in of_role
        if item.id.endswith(STILL_SERVES)
        for seen in [observed.host(item.host)]
        if seen.state is State.RUNNING and not seen.changes and observed.is_missing(item)
    ]
    if ended and blueprint.beside is not None:
        newer = blueprint.beside.openstack
        yield (
            f"{blueprint.stage}: the schemas of {', '.join(ended)} went on to what only {newer} can use, so "
            f"no older release can serve (next: promote a release with {newer}; what was before is only in a "
            "backup)"
        )


def _retired(blueprint: Blueprint, observed: Observed, newer: str, releases: Releases) -> Iterator[str]:
    """Why the own colour can't be made anew beside a newer one: it is no way back, but a downgrade."""
    hosts = [host for host in blueprint.hosts if host.colour is not None]
    if any(observed.host(host.name).state is not State.ABSENT for host in hosts):
        return
    for own in sorted({blueprint.plane(host).openstack for host in hosts}):
        if releases.precedes(own, newer):
            yield from _against(blueprint, newer, own, releases)


def _against(blueprint: Blueprint, before: str, after: str, releases: Releases) -> Iterator[str]:
    told = _told(blueprint, {before}, {after})
    for against in releases.refusals(before, after):
        yield f"{told}: {against.what} (next: {against.next})"


def _told(blueprint: Blueprint, before: set[str], after: set[str]) -> str:
    runs, asks = (", ".join(sorted(names)) for names in (before, after))
    return f"{blueprint.stage} runs OpenStack {runs}, the release asks for {asks}"


def _changes(blueprint: Blueprint, observed: Observed, leaving: Sequence[Departure]) -> set[tuple[str, str]]:
    """The OpenStack releases that hosts run, each with one that their plane asks for instead.

    Of hosts that go, those that no plane asks for. On hosts of roles that run no OpenStack, the image may
    have any release. So may the hosts of the other colour, and if it stands, those outside the control plane,
    which follow the colour that serves.
    """
    follow = {Tier.OUTSIDE} if blueprint.beside is not None else set()
    known = roles.possible(blueprint.network) if leaving else {}
    other = {name for name, host in known.items() if host.colour not in {None, blueprint.colour}}
    every = {plane.openstack for plane in blueprint.planes if plane.openstack}
    asked_of = {
        host.name: {blueprint.plane(host).openstack}
        for host in blueprint.hosts
        if blueprint.roles[host.role].uses_openstack and host.tier not in follow
    }
    asked_of |= {
        host.name: every
        for item in leaving
        if item.role is None or item.role.uses_openstack
        for host in item.going
        if host.name not in other
    }
    runs = ((observed.host(name).openstack, asked) for name, asked in asked_of.items())
    return {(before, after) for before, asked in runs if before and before not in asked for after in asked}
