"""The stage as a gate sees it: drawn for the colour that the gate is about, and with what its hosts run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stages.design import views
from stages.design.blueprint import Blueprint, Host, Tier
from stages.design.views import View
from stages.draft import Draft, beside
from stages.errors import BadRequest, UnknownOpenStack
from stages.machine.images import inputs
from stages.machine.substrates.substrate import Argv, Preview, Standing
from stages.requests.context import Context


@dataclass(frozen=True, slots=True)
class Shown:
    """What a gate sees: the stage drawn for one colour, and which it is."""

    draft: Draft
    view: View

    @property
    def blueprint(self) -> Blueprint:
        """The stage, in which the colour that is seen is the release's own."""
        return self.draft.blueprint


def shown(context: Context) -> Shown:
    """The stage as the gate of the request sees it. Raises BadRequest if it can't be drawn like that."""
    found = views.view(context.draft.blueprint, context.leg)
    if found is not View.OTHER:
        return Shown(context.draft, found)
    try:
        return Shown(beside(context.draft), found)
    except UnknownOpenStack as error:
        raise BadRequest(
            f"clients of {context.stage} are answered by hosts that this release can't judge",
            where=context.stage,
            why=f"{error.what}; {error.why}",
            next=f"promote history --stage {context.stage}",
        ) from error


def inside(context: Context, seen: Shown, previews: Mapping[str, Preview]) -> Argv:
    """The argv prefix of programs that are to be clients of what is seen; `previews` are those there are.

    Raises BadRequest if they would be clients of another colour.
    """
    if seen.view is View.PREVIEW:
        colour = seen.blueprint.colour.value
        if colour not in previews:
            raise BadRequest(
                f"{colour} has no preview: programs of this machine would be answered by the other colour",
                where=context.stage,
                why="its preview gateway does not run",
                next=f"promote --stage {context.stage}",
            )
        return previews[colour].inside
    if seen.view is View.OWN and seen.blueprint.served:
        raise BadRequest(
            f"not all clients of {context.stage} are answered by {seen.blueprint.colour.value}",
            where=context.stage,
            why=f"the other colour answers those of {', '.join(sorted(seen.blueprint.served))}",
            next=f"promote --stage {context.stage}",
        )
    return context.substrate.inside()


def runs(context: Context, seen: Shown, standing: Standing, host: Host) -> str:
    """The OpenStack release whose packages the host must have; empty if it needs none."""
    planned = seen.blueprint.plane(host).openstack
    there = standing.hosts.get(host.name)
    follows = host.tier is Tier.OUTSIDE and context.leg in views.BEFORE_FOLLOW
    return there.openstack or planned if follows and there is not None else planned


def is_earlier(context: Context, seen: Shown, standing: Standing, host: Host) -> bool:
    """Whether the host has an earlier image of the OpenStack release that it is to run.

    The release before may have locked other versions for it, which this code does not know.
    """
    there = standing.hosts.get(host.name)
    waits = host.tier is Tier.OUTSIDE and context.leg in views.BEFORE_FOLLOW
    beside = host.tier is Tier.COLOURED and seen.view is View.OTHER
    return (
        (waits or beside)
        and there is not None
        and there.openstack == context.draft.config.openstack
        and context.image not in {None, there.image}
    )


def is_as_drawn(context: Context, seen: Shown) -> bool:
    """Whether each host that is seen has had the manifest that this release draws for it.

    Between two legs, steps are left that bring it; and the colour beside may be of the release before.
    """
    return seen.view is View.OWN and context.leg in {None, views.FOLLOW}


def versions(openstack: str) -> dict[str, Any]:
    """The versions that the lock of an OpenStack release pins. Raises UnknownOpenStack."""
    return {"python": inputs.python_versions(inputs.read(openstack).lock)}
