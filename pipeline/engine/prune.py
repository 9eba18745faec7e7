"""Removing what a site stores and nothing refers to any more. The ledger's events stay, all of them."""

from collections.abc import Mapping, Sequence
from signal import Signals

from pipeline.core.errors import LeaseLost, RunInterrupted
from pipeline.core.stored import Store, Stored, unneeded
from pipeline.engine.archives import objects, space_of
from pipeline.engine.leasing import all_locked
from pipeline.workshop import Workshop


def prunable(shop: Workshop, newest: int) -> Sequence[Stored]:
    """What `prune` would remove now. Changes nothing."""
    found = (*shop.storage.stored(), *objects(shop))
    return unneeded(shop.history(), found, newest, shop.clock.now())


def prune(shop: Workshop, newest: int, *, wait_s: float = 0.0) -> Sequence[Stored]:
    """Remove it, and return what was removed.

    Holds the leases of all stages, so that no run begins to need what is being removed. Raises StageLocked
    if a run holds one, LeaseLost if one takes a stage over, RunInterrupted after a signal: what was removed
    until then stays so.
    """
    with all_locked(shop, None, "prune the site", wait_s=wait_s) as tokens, shop.interrupts.driving():
        found = prunable(shop, newest)
        for number, one in enumerate(found):
            _require_uninterrupted(shop, number, len(found))
            _require_held(shop, tokens)
            _remove(shop, one)
    return found


def _remove(shop: Workshop, one: Stored) -> None:
    if one.store is Store.OBJECT and shop.archives is not None:
        shop.archives.remove(space_of(shop), one.name)
    else:
        shop.storage.remove(one)


def _require_held(shop: Workshop, tokens: Mapping[str, int]) -> None:
    """Raise LeaseLost if a run has taken a stage over, as after the machine slept."""
    for stage, token in tokens.items():
        lease = shop.ledger.lease_on(stage)
        if lease is None or lease.token != token:
            raise LeaseLost(f"{stage} was taken over while the site was pruned", next="promote prune --yes")


def _require_uninterrupted(shop: Workshop, removed: int, wanted: int) -> None:
    signal = shop.interrupts.requested()
    if signal is not None:
        raise RunInterrupted(
            signal,
            f"interrupted by {Signals(signal).name} after {removed} of {wanted} were removed",
            next="promote prune --yes",
        )
