"""Renewing a lease from a thread of its own."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.core.errors import LeaseLost, TryAgain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.core.leases import Lease
    from pipeline.ports import Ledger


class ThreadKeeper:
    """The Keeper port: renews at a third of the lease's life of `ttl_s` seconds.

    `lost` is called when it is lost.
    """

    def __init__(self, ledger: Ledger, ttl_s: float, lost: Callable[[], None]) -> None:
        self._ledger = ledger
        self._ttl_s = ttl_s
        self._lost = lost

    @contextmanager
    def keeping(self, lease: Lease) -> Iterator[None]:
        """Renew while inside."""
        stop = threading.Event()
        thread = threading.Thread(target=self._renew, args=(lease, stop), name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _renew(self, lease: Lease, stop: threading.Event) -> None:
        while not stop.wait(self._ttl_s / 3):
            try:
                self._ledger.renew(lease, self._ttl_s)
            except TryAgain:
                continue
            except LeaseLost:
                # Children still act under the old token; hosts refuse it, and we stop them at once as well.
                self._lost()
                return
