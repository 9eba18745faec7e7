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
    return unneeded(shop.history(), _found(shop), newest, shop.clock.now())


def prune(shop: Workshop, newest: int, *, wait_s: float = 0.0) -> Sequence[Stored]:
    """Remove it, and return what was removed.

    Holds the leases of all stages, so that no run begins to need what is being removed. `pin`, `store push`
    and the end of a run hold none: what they refer to meanwhile stays. Raises StageLocked if a run holds a
    lease, LeaseLost if one takes a stage over, RunInterrupted after a signal: what was removed until then
    stays so.
    """
    removed: list[Stored] = []
    with all_locked(shop, None, "prune the site", wait_s=wait_s) as tokens, shop.interrupts.driving():
        found = _found(shop)
        wanted = _Wanted(shop, found, newest)
        listed = wanted.now()
        for one in listed:
            _require_uninterrupted(shop, len(removed), len(listed))
            _require_held(shop, tokens)
            if one in wanted.now():
                _remove(shop, one)
                removed.append(one)
    return tuple(removed)


class _Wanted:
    """What of `found` is to be removed, by what the ledger has at the moment."""

    def __init__(self, shop: Workshop, found: Sequence[Stored], newest: int) -> None:
        self._shop = shop
        self._found = found
        self._newest = newest
        self._head = -1
        self._unneeded: Sequence[Stored] = ()

    def now(self) -> Sequence[Stored]:
        """Reckoned again only if something was appended."""
        if self._shop.ledger.head().seq != self._head:
            history = self._shop.history()
            self._unneeded = unneeded(history, self._found, self._newest, self._shop.clock.now())
            self._head = history.head
        return self._unneeded


def _found(shop: Workshop) -> Sequence[Stored]:
    return (*shop.storage.stored(), *objects(shop))


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
