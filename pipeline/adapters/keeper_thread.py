"""Renewing a lease from its own thread."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.core.errors import LeaseLost, StagegateError, TryAgain
from pipeline.core.leases import Lease
from pipeline.ports import Ledger


class ThreadKeeper:
    """The Keeper port: renews the lease, which lasts `ttl_s` seconds, every third of that.

    `lost` is called when the lease can no longer be renewed, whatever the reason.
    """

    def __init__(self, ledger: Ledger, ttl_s: float, lost: Callable[[], None]) -> None:
        self._ledger = ledger
        self._ttl_s = ttl_s
        self._lost = lost

    @contextmanager
    def keeping(self, lease: Lease) -> Iterator[Callable[[], StagegateError | None]]:
        """Renew while inside; yields a function that returns why renewing stopped, or None."""
        stop = threading.Event()
        reasons: list[StagegateError] = []
        thread = threading.Thread(target=self._renew, args=(lease, stop, reasons), name="lease", daemon=True)
        thread.start()
        try:
            yield lambda: reasons[0] if reasons else None
        finally:
            stop.set()
            thread.join()

    def _renew(self, lease: Lease, stop: threading.Event, reasons: list[StagegateError]) -> None:
        while not stop.wait(self._ttl_s / 3):
            try:
                self._ledger.renew(lease, self._ttl_s)
            except TryAgain:
                continue
            except Exception as problem:  # noqa: BLE001 - if this thread died unnoticed, two runs could share a stage
                reasons.append(problem if isinstance(problem, LeaseLost) else _not_renewed(lease, problem))
                # Children still act under the old token. Hosts refuse it, and the children are stopped, too.
                self._lost()
                return


def _not_renewed(lease: Lease, problem: Exception) -> LeaseLost:
    why = "; ".join(problem.lines()) if isinstance(problem, StagegateError) else repr(problem)
    return LeaseLost(
        f"the lease on {lease.stage} can no longer be renewed",
        why=why,
        next=f"promote resume --stage {lease.stage}",
    )
