"""Renewing a lease from its own thread, while another one watches that it is renewed in time."""

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

    `lost` is called once when the lease can no longer be renewed, whatever the reason, or was not in time,
    even while a renewal still waits for its answer.
    """

    def __init__(self, ledger: Ledger, ttl_s: float, lost: Callable[[], None]) -> None:
        self._ledger = ledger
        self._ttl_s = ttl_s
        self._lost = lost

    @contextmanager
    def keeping(self, lease: Lease) -> Iterator[Callable[[], StagegateError | None]]:
        """Renew while inside; yields a function that returns why renewing stopped, or None."""
        watch = _Watch(lease, self._ttl_s * _GIVEN_UP, self._lost)
        stop = threading.Event()
        threads = [
            threading.Thread(target=self._renew, args=(lease, stop, watch), name="lease", daemon=True),
            threading.Thread(target=watch.run, name="lease watch", daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            yield lambda: watch.reason
        finally:
            stop.set()
            watch.end()
            for thread in threads:
                thread.join()

    def _renew(self, lease: Lease, stop: threading.Event, watch: "_Watch") -> None:
        pause = _RENEWED
        while not stop.wait(self._ttl_s * pause) and watch.reason is None:
            begun = time.monotonic()
            try:
                self._ledger.renew(lease, self._ttl_s)
            except TryAgain as problem:
                watch.failed(_told(problem))
                pause = _TRIED_AGAIN
            except Exception as problem:  # noqa: BLE001 - if this thread died unnoticed, two runs could share a stage
                watch.give_up(
                    problem if isinstance(problem, LeaseLost) else _not_renewed(lease, _told(problem))
                )
                return
            else:
                watch.renewed(begun)
                pause = _RENEWED


class _Watch:
    """Gives the lease up `within_s` seconds after its last renewal began. Its own thread waits for that."""

    def __init__(self, lease: Lease, within_s: float, lost: Callable[[], None]) -> None:
        self._lease = lease
        self._within_s = within_s
        self._lost = lost
        self._until = time.monotonic() + within_s
        self._trouble = ""
        self._over = False
        self._changed = threading.Condition()
        # Why the lease was given up, once it was.
        self.reason: LeaseLost | None = None

    def renewed(self, begun: float) -> None:
        """A renewal that began at this moment of the monotonic clock went well."""
        with self._changed:
            self._until, self._trouble = begun + self._within_s, ""

    def failed(self, trouble: str) -> None:
        """A renewal failed in passing, for this reason."""
        with self._changed:
            self._trouble = trouble

    def give_up(self, reason: LeaseLost) -> None:
        """Give the lease up, unless it was before, or is kept no more."""
        with self._changed:
            if self._over:
                return
            self._over, self.reason = True, reason
            self._changed.notify()
        # Children still act under the old token. Hosts refuse it, and the children are stopped, too.
        self._lost()

    def end(self) -> None:
        """Nobody keeps the lease any more."""
        with self._changed:
            self._over = True
            self._changed.notify()

    def run(self) -> None:
        """Wait until it is over, or too late."""
        with self._changed:
            while not self._over and (left := self._until - time.monotonic()) > 0:
                self._changed.wait(left)
            why = self._trouble or f"no renewal went well for {self._within_s:.0f} s"
        self.give_up(_not_renewed(self._lease, why))


def _told(problem: Exception) -> str:
    return "; ".join(problem.lines()) if isinstance(problem, StagegateError) else repr(problem)


def _not_renewed(lease: Lease, why: str) -> LeaseLost:
    return LeaseLost(
        f"the lease on {lease.stage} can no longer be renewed",
        why=why,
        next=f"promote resume --stage {lease.stage}",
    )
