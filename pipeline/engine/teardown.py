"""Taking a lab down, never while a run is working on it."""

from collections.abc import Sequence

from pipeline.engine.leasing import all_locked
from pipeline.workshop import Workshop


def take_down(shop: Workshop, stage: str | None, *, wait_s: float = 0.0) -> Sequence[str]:
    """Remove the lab of a stage, or (None) the site's whole lab; return what was removed.

    Holds the lease of every stage that it removes, so nothing is deployed meanwhile. Raises StageLocked,
    which names the first stage that is held.
    """
    with all_locked(shop, stage, "take the lab down", wait_s=wait_s) as tokens:
        return shop.tools.lab_down(stage, tokens)
