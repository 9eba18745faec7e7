"""Taking the lease of a stage, if need be after waiting for it, and always returning it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.core.errors import StageLocked
from pipeline.core.leases import Lease
from pipeline.workshop import LEASE_TTL_S, Workshop

_POLL_S = 0.5


@contextmanager
def locked(  # noqa: PLR0913 - whose lease, and each way to wait for it
    shop: Workshop,
    stage: str,
    purpose: str,
    *,
    wait_s: float,
    wait_for_expiry: bool = False,
    waiting: Callable[[], None] = lambda: None,
) -> Iterator[Lease]:
    """Hold the stage's lease while inside.

    Waits for it up to `wait_s` seconds; with `wait_for_expiry` also until the current lease expires, as long
    as it is not renewed. Raises StageLocked after that. `waiting` is called before each pause; an error that
    it raises ends the wait.
    """
    deadline = shop.clock.now() + wait_s
    first = shop.ledger.lease_on(stage) if wait_for_expiry else None

    def may_wait() -> bool:
        stale = first is not None and shop.ledger.lease_on(stage) == first
        return stale or shop.clock.now() < deadline

    lease = _acquire(shop, stage, purpose, may_wait, waiting)
    try:
        yield lease
    finally:
        shop.ledger.give_back(lease)


def _acquire(
    shop: Workshop, stage: str, purpose: str, may_wait: Callable[[], bool], waiting: Callable[[], None]
) -> Lease:
    told = False
    while True:
        try:
            return shop.ledger.acquire(stage, purpose, LEASE_TTL_S)
        except StageLocked as refusal:
            if not may_wait():
                raise
            if not told:
                shop.notifier.progress(f"waiting: {refusal.what}")
                told = True
        waiting()
        shop.clock.sleep(_POLL_S)
