"""Taking a lab down, never while a run is working on it."""

from collections.abc import Sequence
from contextlib import ExitStack

from pipeline.engine.leasing import locked
from pipeline.workshop import Workshop


def take_down(shop: Workshop, stage: str | None, *, wait_s: float = 0.0) -> Sequence[str]:
    """Remove the lab of a stage, or (None) the site's whole lab; return what was removed.

    Holds the lease of every stage that it removes, so nothing is deployed meanwhile. The stages are those
    that the ledger knows, whatever the config says now: no run can be working on a stage that is not in the
    ledger. Raises StageLocked, which names the first stage that is held.
    """
    tokens: dict[str, int] = {}
    with ExitStack() as held:
        while left := _known(shop, stage) - tokens.keys():
            name = min(left)
            lease = held.enter_context(locked(shop, name, f"take the lab of {name} down", wait_s=wait_s))
            held.enter_context(shop.keeper.keeping(lease))
            tokens[name] = lease.token
        return shop.tools.lab_down(stage, tokens)


def _known(shop: Workshop, stage: str | None) -> set[str]:
    known = set(shop.history().stage_names())
    return known if stage is None else known & {stage}
