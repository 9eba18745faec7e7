"""Renewing a lease from its own thread."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.core.errors import LeaseLost, StagegateError, TryAgain
from pipeline.core.leases import Lease
from pipeline.ports import Ledger

# Shares of the time that a lease lasts. Who could not renew it for `_GIVEN_UP` of that stops: what is left is
# for the children to end before somebody else may take the stage.
_RENEWED, _TRIED_AGAIN, _GIVEN_UP = 1 / 3, 1 / 12, 3 / 4


class ThreadKeeper:
    """The Keeper port: renews the lease, which lasts `ttl_s` seconds, every third of that.

    `lost` is called when the lease can no longer be renewed, whatever the reason, or was not in time.
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
        renewed, pause = time.monotonic(), _RENEWED
        while not stop.wait(self._ttl_s * pause):
            begun = time.monotonic()
            try:
                self._ledger.renew(lease, self._ttl_s)
            except Exception as problem:  # noqa: BLE001 - if this thread died unnoticed, two runs could share a stage
                pause = _TRIED_AGAIN
                late = time.monotonic() - renewed >= self._ttl_s * _GIVEN_UP
                if isinstance(problem, TryAgain) and not late:
                    continue
                reasons.append(problem if isinstance(problem, LeaseLost) else _not_renewed(lease, problem))
                # Children still act under the old token. Hosts refuse it, and the children are stopped, too.
                self._lost()
                return
            renewed, pause = begun, _RENEWED


def _not_renewed(lease: Lease, problem: Exception) -> LeaseLost:
    why = "; ".join(problem.lines()) if isinstance(problem, StagegateError) else repr(problem)
    return LeaseLost(
        f"the lease on {lease.stage} can no longer be renewed",
        why=why,
        next=f"promote resume --stage {lease.stage}",
    )
