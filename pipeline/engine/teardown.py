"""Taking a lab down: never under somebody who is working on it."""

from collections.abc import Sequence
from contextlib import ExitStack

from pipeline.engine.leasing import locked
from pipeline.workshop import Workshop


def take_down(shop: Workshop, stage: str | None, *, wait_s: float = 0.0) -> Sequence[str]:
    """Remove the lab of a stage, or (None) all of the site's; what was removed.

    Holds the lease of every stage it removes, so nobody deploys meanwhile. The stages of a site are those
    that the ledger knows: what the config says now is of no interest, and a stage that the ledger never heard
    of has nobody working on it. Raises StageLocked, naming the first stage that somebody holds.
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
    history = shop.history()
    known = {name for release in history.releases.values() for name in release.stages.names()}
    known |= history.stages.keys()
    return known if stage is None else known & {stage}
