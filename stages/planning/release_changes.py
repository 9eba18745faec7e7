"""Every change of the OpenStack release is refused, and one that could never be made says why. Pure."""

from collections.abc import Iterable, Iterator

from stages.design.blueprint import Blueprint
from stages.planning.departures import Departure
from stages.planning.observed import Observed
from stages.planning.steps import Desired


def refusals(
    blueprint: Blueprint, observed: Observed, wanted: Desired, leaving: Iterable[Departure]
) -> Iterator[str]:
    """Why the hosts can't come from the releases that they run to those that their planes ask for.

    A step that upstream does not support is refused for that, as are migrations that nobody has reviewed. All
    others are refused, too: they need a second control plane beside the first.
    """
    changes = sorted(_changes(blueprint, observed, leaving))
    for before, after in changes:
        told = _told(blueprint, {before}, {after})
        for against in wanted.releases.refusals(before, after):
            yield f"{told}: {against.what} (next: {against.next})"
    possible = [pair for pair in changes if wanted.releases.supports(*pair)]
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


def _changes(blueprint: Blueprint, observed: Observed, leaving: Iterable[Departure]) -> set[tuple[str, str]]:
    """The OpenStack releases that hosts run, each with one that their plane asks for instead.

    Of hosts that go, those that no plane asks for. On hosts of roles that run no OpenStack, the image may
    have any release.
    """
    every = {plane.openstack for plane in blueprint.planes if plane.openstack}
    asked_of = {
        host.name: {blueprint.plane(host).openstack}
        for host in blueprint.hosts
        if blueprint.roles[host.role].uses_openstack
    }
    asked_of |= {
        host.name: every
        for item in leaving
        if item.role is None or item.role.uses_openstack
        for host in item.going
    }
    runs = ((observed.host(name).openstack, asked) for name, asked in asked_of.items())
    return {(before, after) for before, asked in runs if before and before not in asked for after in asked}
