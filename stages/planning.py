"""The verb `plan`: observe the stage and say what would turn it into what the release wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stages import plan
from stages.errors import ImageGone
from stages.images import build
from stages.observe import observe

if TYPE_CHECKING:
    from stages.context import Context


def make(context: Context) -> plan.Plan:
    """The plan for the stage as it is now. Changes nothing."""
    draft = context.draft
    image, recorded = context.image, context.image is not None
    if image is not None:
        try:
            build.require(image)
        except ImageGone as error:
            if not context.first:
                return plan.Plan((), (str(error),))
            image, recorded = None, False
    if image is None and context.first:
        image = build.find(draft.image)
    wanted = plan.Wanted(
        image=image,
        build=context.first,
        recorded=recorded,
        manifests={name: manifest.digest() for name, manifest in draft.manifests.items()},
    )
    return plan.make(draft.blueprint, observe(context.site, draft), wanted)
