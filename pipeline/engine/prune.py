"""Removing what a site stores and nothing refers to any more. The ledger's events stay, all of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from signal import Signals

from pipeline.core import events as ev
from pipeline.core.errors import LeaseLost, RunInterrupted, StagegateError, TryAgain, UsageProblem
from pipeline.core.stored import SHARED, Store, Stored, unneeded
from pipeline.engine.archives import objects, space_of
from pipeline.engine.leasing import all_locked
from pipeline.store import PROBES
from pipeline.workshop import Workshop

_FEW = 100  # events


@dataclass(frozen=True, slots=True)
class Pruned:
    """What is or was to be removed; `skipped` is why nothing more of the store is, None if it was asked."""

    items: Sequence[Stored]
    skipped: StagegateError | None = None


def prunable(shop: Workshop, newest: int) -> Pruned:
    """What `prune` would remove now. Changes nothing."""
    found, skipped = _found(shop)
    return Pruned(_Wanted(shop, found, newest).now(), skipped)


def prune(shop: Workshop, newest: int, *, wait_s: float = 0.0) -> Pruned:
    """Remove it, and return what was removed.

    Holds the leases of all stages, so that no run begins to need what is being removed. `pin`, `store push`
    and the end of a run hold none: what they refer to meanwhile stays. A store that fails is left alone from
    then on, and the site is pruned all the same. Raises StageLocked if a run holds a lease, LeaseLost if one
    takes a stage over, RunInterrupted after a signal: what was removed until then stays so.
    """
    removed: list[Stored] = []
    with all_locked(shop, None, "prune the site", wait_s=wait_s) as tokens, shop.interrupts.driving():
        found, skipped = _found(shop)
        wanted = _Wanted(shop, found, newest)
        listed = wanted.now()
        for one in listed:
            _require_uninterrupted(shop, len(removed), len(listed))
            _require_held(shop, tokens)
            if one not in wanted.now():
                continue
            if one.store in SHARED:
                skipped = _object_kept(shop, one)
                if skipped is not None:
                    break  # what is in the store comes last, and the next would fail as well
            else:
                shop.storage.remove(one)
            removed.append(one)
    return Pruned(tuple(removed), skipped)


class _Wanted:
    """What of `found` is to be removed, by what the ledger has at the moment."""

    def __init__(self, shop: Workshop, found: Sequence[Stored], newest: int) -> None:
        self._shop = shop
        self._found = found
        self._newest = newest
        self._head = -1
        self._recorded_until = _recorded_until(shop)
        self._unneeded: Sequence[Stored] = ()

    def now(self) -> Sequence[Stored]:
        """Reckoned again only if something was appended."""
        if self._shop.ledger.head().seq != self._head:
            history = self._shop.history()
            now = self._shop.clock.now()
            self._unneeded = unneeded(history, self._found, self._newest, now, self._recorded_until)
            self._head = history.head
        return self._unneeded


def _found(shop: Workshop) -> tuple[Sequence[Stored], StagegateError | None]:
    """What the site and its store have; of a store that fails nothing, and why."""
    here = shop.storage.stored()
    try:
        return (*here, *objects(shop), *_probes(shop), *_unfinished(shop)), None
    except (TryAgain, UsageProblem) as problem:
        return here, problem


def _probes(shop: Workshop) -> Sequence[Stored]:
    if shop.archives is None:
        return ()
    found = shop.archives.objects(PROBES)
    return tuple(Stored(Store.PROBE, one.digest, one.size, one.written_at) for one in found)


def _unfinished(shop: Workshop) -> Iterator[Stored]:
    """What killed commands left in the store, of this site and of probes."""
    if shop.archives is None:
        return
    for space in (space_of(shop), PROBES):
        for one in shop.archives.unfinished(space):
            yield Stored(Store.UNFINISHED, f"{space}/{one.digest}", one.size, one.written_at)


def _recorded_until(shop: Workshop) -> float:
    """When the last event was recorded (since 1970) that tells more than who held a stage, as `prune` does.

    Before all time if there is none.
    """
    last, many = shop.ledger.head().seq, _FEW
    while True:
        records = shop.ledger.read(after=max(0, last - many))
        told = [one.at for one in records if not isinstance(one.event, ev.LeaseTaken | ev.LeaseReturned)]
        if told or many >= last:
            return max(told, default=-inf)
        many *= 10


def _object_kept(shop: Workshop, one: Stored) -> StagegateError | None:
    """Why the object could not be removed; None if it was."""
    try:
        if shop.archives is None:
            return None
        if one.store is Store.UNFINISHED:
            shop.archives.discard(*one.name.split("/", 1))
        else:
            space = PROBES if one.store is Store.PROBE else space_of(shop)
            shop.archives.remove(space, one.name)
    except (TryAgain, UsageProblem) as problem:
        return problem
    return None


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
