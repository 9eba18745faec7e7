"""Taking the lease of a stage, or of all, if need be after waiting for it, and always returning it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

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


@contextmanager
def all_locked(
    shop: Workshop, stage: str | None, purpose: str, *, wait_s: float
) -> Iterator[Mapping[str, int]]:
    """Hold and keep the leases of a stage, or (None) of all; yields their tokens by stage.

    The stages are those that the ledger knows, whatever the config says now: no run can be working on a stage
    that is not in the ledger. Raises StageLocked, which names the first stage that is held.
    """
    tokens: dict[str, int] = {}
    with ExitStack() as held:
        while left := _known(shop, stage) - tokens.keys():
            lease = held.enter_context(locked(shop, min(left), purpose, wait_s=wait_s))
            held.enter_context(shop.keeper.keeping(lease))
            tokens[lease.stage] = lease.token
        yield tokens


def _known(shop: Workshop, stage: str | None) -> set[str]:
    known = set(shop.history().stage_names())
    return known if stage is None else known & {stage}


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
