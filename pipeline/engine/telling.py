"""Tells the forge of a run while it goes on, in a thread of its own, which nobody waits for long."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from pipeline.core import events as ev
from pipeline.core.checked import Checked
from pipeline.core.errors import RunInterrupted, StagegateError, StageLocked
from pipeline.engine.delivery import Told, deliver
from pipeline.forge import Forge
from pipeline.ports import Notifier
from pipeline.workshop import Workshop

PASS_S = 20.0  # for one pass during a run, and for the one at its end
_NAP_S = 0.2  # after which a signal is seen
_LOCKED_PAUSE_S = 1.0  # until another process has told what it had to
_MILESTONES = (ev.AttemptStarted, ev.StepStarted, ev.GateStarted, ev.AttemptEnded)


@contextmanager
def telling(shop: Workshop, within_s: float = PASS_S) -> Iterator[Workshop]:
    """Yield a workshop of whose attempts the forge is told, at their milestones and when the block ends.

    Only the end of the block waits for it, for `within_s` seconds at most. Whatever the forge does, the block
    ends as it would without it: what could not be told keeps waiting, and is reported as progress.
    """
    if shop.forge is None:
        yield shop
        return
    teller = _Teller(shop, shop.forge, within_s)
    try:
        yield replace(shop, notifier=teller)
    finally:
        teller.finish()


class _Teller:
    """The Notifier port: forwards everything, and wakes the thread that tells."""

    def __init__(self, shop: Workshop, forge: Forge, within_s: float) -> None:
        self._shop = shop
        self._forge = forge
        self._within_s = within_s
        self._notifier: Notifier = shop.notifier
        self._wake = threading.Event()
        self._ending = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="telling", daemon=True)
        self._started = False
        self._begun: set[str] = set()
        self._said: set[str] = set()
        # Not asked for again by this process, lest each end of a run wait for it.
        self._refused: frozenset[str] = frozenset()

    def recorded(self, record: ev.Record) -> None:
        self._notifier.recorded(record)
        if isinstance(record.event, _MILESTONES) and self._is_news(record.event):
            if not self._started:
                self._started = True
                self._thread.start()
            self._wake.set()

    def progress(self, message: str, host: str | None = None) -> None:
        self._notifier.progress(message, host)

    def checked(self, check: Checked) -> None:
        self._notifier.checked(check)

    def finish(self) -> None:
        """Tell the rest, in time. A signal ends the waiting, and nothing else: the run is over.

        If a signal has ended the run, no further one is seen, and only the time ends the waiting.
        """
        if not self._started:
            return
        self._ending.set()
        self._wake.set()
        before, left = self._shop.interrupts.requested(), self._within_s
        try:
            while left > 0 and self._thread.is_alive() and self._shop.interrupts.requested() == before:
                self._thread.join(min(_NAP_S, left))
                left -= _NAP_S
            interrupted = self._shop.interrupts.requested() != before
        except RunInterrupted:  # of a command that has driven nothing
            interrupted = True
        if interrupted:
            self._say("interrupted while the forge was told")
        self._stopped.set()

    def _is_news(self, event: ev.Event) -> bool:
        """Of the steps of an attempt only the first, with which it has become a deployment."""
        if not isinstance(event, ev.StepStarted):
            return True
        first = event.attempt not in self._begun
        self._begun.add(event.attempt)
        return first

    def _run(self) -> None:
        last = False
        while not last:
            self._wake.wait()
            self._wake.clear()
            last = self._ending.is_set()
            try:
                self._pass()
            except Exception as problem:  # noqa: BLE001 - a defect here must not change how the run ends
                self._say(f"not told: {type(problem).__name__}: {problem}")

    def _pass(self) -> None:
        until = self._shop.clock.now() + self._within_s
        while not self._stopped.is_set():
            try:
                told = deliver(
                    self._shop,
                    self._forge,
                    self._within_s,
                    stopped=self._stopped.is_set,
                    spared=self._refused,
                )
            except StageLocked:
                if self._shop.clock.now() >= until:
                    return
                self._shop.clock.sleep(_LOCKED_PAUSE_S)
            except StagegateError as problem:  # of the ledger: the run meets it, too, and ends by it
                self._say(f"not told: {' '.join(problem.lines())}")
                return
            else:
                self._report(told)
                return

    def _report(self, told: Told) -> None:
        self._refused = told.refused
        for trouble in told.troubles:
            self._say(f"not told: {trouble}")

    def _say(self, message: str) -> None:
        """Report something once, however often it is found."""
        if message not in self._said:
            self._said.add(message)
            self._notifier.progress(message)
