"""Every change of the OpenStack release is refused, and one that could never be made says why. Pure."""

from collections.abc import Iterator, Sequence

from stages import roles
from stages.design.blueprint import Blueprint, Tier
from stages.openstack.releases import Releases
from stages.planning.departures import Departure
from stages.planning.observed import Observed
from stages.planning.steps import Desired


def refusals(
    blueprint: Blueprint, observed: Observed, wanted: Desired, leaving: Sequence[Departure]
) -> Iterator[str]:
    """Why the hosts can't come from the releases that they run to those that their planes ask for.

    A step that upstream does not support is refused for that, as are migrations that nobody has reviewed. All
    others are refused, too: they need a second control plane beside the first.
    """
    yield from _against(blueprint, _changes(blueprint, observed, leaving), wanted.releases)


def against_upgrade(blueprint: Blueprint, releases: Releases) -> tuple[str, ...]:
    """Why the release's own colour can't take the clients of the one beside it; empty if it has them."""
    if blueprint.beside is None or not blueprint.served:
        return ()
    own = {plane.openstack for plane in blueprint.planes if plane.colour is blueprint.colour}
    return tuple(_against(blueprint, {(blueprint.beside.openstack, after) for after in own}, releases))


def _against(blueprint: Blueprint, changes: set[tuple[str, str]], releases: Releases) -> Iterator[str]:
    for before, after in sorted(changes):
        told = _told(blueprint, {before}, {after})
        for against in releases.refusals(before, after):
            yield f"{told}: {against.what} (next: {against.next})"
    possible = [pair for pair in sorted(changes) if releases.supports(*pair)]
    if possible:
        told = _told(blueprint, {before for before, _ in possible}, {after for _, after in possible})
        yield (
            f"{told}: a schema migration can't be reverted, so that needs a second control plane beside the "
            "first (blue/green), which is not supported yet "
            "(next: restore openstack in config/stagegate.yaml)"
        )


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
