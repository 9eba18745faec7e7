"""Archives a run while it goes on, in a thread of its own, for which only the end of the command waits."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from pipeline.core import events as ev
from pipeline.core.archives import complete, copy_folder, folders_of
from pipeline.core.checked import Checked
from pipeline.core.errors import RunInterrupted, StagegateError
from pipeline.engine.archives import keep
from pipeline.ports import Notifier
from pipeline.store import Archives
from pipeline.workshop import Workshop

WITHIN_S = 120.0  # for what is not archived yet at the end
_COMPLETING = (ev.GateJudged, ev.ShardJudged, ev.DiagnosticsCollected)
_NAP_S = 0.2  # after which a signal is seen


@contextmanager
def archiving(shop: Workshop, within_s: float = WITHIN_S) -> Iterator[Workshop]:
    """Yield a workshop whose releases and evidence are put into the store, as soon as each is complete.

    Whatever the store does, the block ends as it would without it: what could not be archived is reported as
    progress, and stays in the site.
    """
    if shop.archives is None:
        yield shop
        return
    archivist = _Archivist(shop, shop.archives, within_s)
    try:
        yield replace(shop, notifier=archivist)
    finally:
        archivist.finish()


class _Archivist:
    """The Notifier port: forwards everything, and has archived what is complete."""

    def __init__(self, shop: Workshop, archives: Archives, within_s: float) -> None:
        self._shop = shop
        self._archives = archives
        self._within_s = within_s
        self._notifier: Notifier = shop.notifier
        # Releases and attempts of which something is complete; None once no more can come.
        self._news: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        # A daemon: an upload that hangs must not keep the command from ending.
        self._thread = threading.Thread(target=self._run, name="archiving", daemon=True)
        self._started = False
        self._over = threading.Event()
        self._attempts: dict[str, None] = {}
        self._done: set[str] = set()
        self._said: set[str] = set()

    def recorded(self, record: ev.Record) -> None:
        self._notifier.recorded(record)
        event = record.event
        if isinstance(event, ev.ReleasePinned):
            self._tell(event.release)
        elif isinstance(event, ev.AttemptEvent):
            # Whatever part of an attempt this process does, it may leave evidence.
            first = event.attempt not in self._attempts
            self._attempts[event.attempt] = None
            if first or isinstance(event, _COMPLETING):
                self._tell(event.attempt)

    def progress(self, message: str, host: str | None = None) -> None:
        self._notifier.progress(message, host)

    def checked(self, check: Checked) -> None:
        self._notifier.checked(check)

    def finish(self) -> None:
        """Archive the rest, in time: what lies beside the gates, and what the store did not take before.

        A signal ends the waiting, and nothing else: the run is over.
        """
        if not self._started:
            return
        self._news.put(None)
        before, left = self._shop.interrupts.requested(), self._within_s
        try:
            while left > 0 and self._thread.is_alive() and self._shop.interrupts.requested() == before:
                self._thread.join(min(_NAP_S, left))
                left -= _NAP_S
        except RunInterrupted:  # of a command that has driven nothing
            left = 0
        if self._thread.is_alive():
            self._say("the run was not archived in time; promote store push")
        self._over.set()

    def _tell(self, name: str) -> None:
        self._news.put(name)
        if not self._started:
            self._started = True
            self._thread.start()

    def _run(self) -> None:
        while (name := self._news.get()) is not None:
            self._guarded(partial(self._keep_complete, name))
        self._guarded(self._keep_rest)

    def _keep_complete(self, name: str) -> None:
        """Of this release, or of this attempt and its release, what will not change any more."""
        history = self._shop.history()
        attempt = history.attempts.get(name)
        release = name if attempt is None else attempt.release
        if copy_folder(release) not in history.archives:
            self._keep(copy_folder(release))
        for folder in complete(attempt) if attempt is not None else ():
            self._keep(folder)

    def _keep_rest(self) -> None:
        """All of the attempts of this command, be it complete or not, and their releases."""
        history = self._shop.history()
        for attempt in map(history.attempts.__getitem__, self._attempts):
            release = copy_folder(attempt.release)
            needed = {} if release in history.archives else {release: ()}
            for folder, apart in {**needed, **folders_of(attempt)}.items():
                if not self._guarded(partial(self._keep, folder, apart)):
                    self._say(f"{folder} is on this machine alone; promote store push")

    def _keep(self, folder: str, apart: tuple[str, ...] = ()) -> None:
        if folder not in self._done and not self._over.is_set():
            keep(self._shop, self._archives, folder, apart)
            self._done.add(folder)

    def _guarded(self, do: Callable[[], None]) -> bool:
        """Whether it was done. Why not, is said once, and changes nothing else."""
        try:
            do()
        except StagegateError as problem:
            self._say(f"not archived: {'; '.join(problem.lines())}")
        except Exception as problem:  # noqa: BLE001 - a defect here must not change how the run ends
            self._say(f"not archived: {type(problem).__name__}: {problem}")
        else:
            return True
        return False

    def _say(self, message: str) -> None:
        """Report something once, however often it is found, and not after the command's last words."""
        if message not in self._said and not self._over.is_set():
            self._said.add(message)
            self._notifier.progress(message)
