"""What a gate sees of a stage in which two colours stand: one of them, and the hosts of no colour. Pure.

It follows from the leg that the gate ends. The names of legs are those that plans give them.
"""

from dataclasses import replace
from enum import Enum

from stages.design.blueprint import Blueprint, Tier

SHARED, EXPAND, BUILD, CUT_OVER = "shared", "expand", "build", "cut-over"
BACK, CUT_OVER_AGAIN, FOLLOW = "back", "cut-over-again", "follow"
# While these are looked at, hosts outside the control plane run the release before, or this one already.
BEFORE_FOLLOW = frozenset({SHARED, EXPAND, BUILD, CUT_OVER, BACK, CUT_OVER_AGAIN})


class View(Enum):
    """Which colour is seen, and as whose client."""

    OWN = "the release's own colour, as clients of the stage see it"
    PREVIEW = "the release's own colour, by its preview"
    OTHER = "the colour beside it, as clients of the stage see it"


def view(blueprint: Blueprint, leg: str | None) -> View:
    """What a gate at the end of this leg sees; None: the gate of a plan without legs, or by hand.

    At the end of `shared` and `expand` the colour is seen that must live with what changed beneath it. From
    `cut-over` on it is the release's own: rosters are made before, when the other one answers clients.
    Everywhere else, the other one is seen if it answers every service that both have. Where each answers
    some, a cut over was interrupted, and the release's own is meant: nothing is judged until it has all.
    """
    if leg == BUILD and blueprint.beside is not None:
        return View.PREVIEW
    if leg in {BUILD, CUT_OVER, CUT_OVER_AGAIN, FOLLOW} or not blueprint.served:
        return View.OWN
    return View.OTHER if leg in {SHARED, EXPAND} or not _answers_any(blueprint) else View.OWN


def _answers_any(blueprint: Blueprint) -> bool:
    """Whether the release's own colour answers clients of any service that both have."""
    both = (role for name, role in blueprint.roles.items() if len(blueprint.pooled(name)) > 1)
    return any(blueprint.answering(one.name) is blueprint.colour for role in both for one in role.services)


def other(blueprint: Blueprint) -> Blueprint:
    """The same stage seen from the colour beside, which answers clients. Raises ValueError if there is none.

    Of that colour, the hosts are those that stand. Those outside the control plane count as of its release.
    """
    beside = blueprint.beside
    if beside is None or beside.colour is None:
        raise ValueError(f"{blueprint.stage} has one colour alone")
    own = next(one for one in blueprint.planes if one.tier is Tier.COLOURED)
    outside = [
        replace(one, openstack=beside.openstack) for one in blueprint.planes if one.tier is Tier.OUTSIDE
    ]
    shared = [one for one in blueprint.planes if one.tier is Tier.SHARED]
    planes = (*shared, beside, *outside)
    return replace(blueprint, colour=beside.colour, planes=planes, beside=own, served={})
