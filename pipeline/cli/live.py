"""Progress on a terminal: lines that stay, and below them what runs right now."""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
import time
from typing import TYPE_CHECKING

from pipeline.cli import view as views
from pipeline.cli.progress import Teller
from pipeline.core import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.live import Live

    from pipeline.core.events import Record
    from pipeline.ports import Checked

_EVERY_S = 0.5
_PATIENCE_S = 2.0
_PAUSES = (ev.AttemptEnded, ev.Interrupted)


class LiveNotifier:
    """The Notifier port on a terminal, until `close`.

    Who tells only puts into a queue, which a signal's handler may do at any time; one thread folds and draws.
    Lines that stay are those of `ConsoleNotifier` but for steps that begin and checks that pass: these are in
    the display meanwhile, and in the ledger and the gate's report afterwards.
    """

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, now: Callable[[], float] = time.time
    ) -> None:
        self._now = now
        self._read: Callable[[], Sequence[Record]] | None = None
        self._teller = Teller(monotonic)
        self._told: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._view = views.View()
        self._live: Live | None = None
        self._problem: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="display", daemon=True)
        self._thread.start()

    def follow(self, read: Callable[[], Sequence[Record]]) -> None:
        """Take what a run is compared with, and goes on from, out of this ledger."""
        self._read = read

    def recorded(self, record: Record) -> None:
        """Show an event. When nothing runs any more the display is gone before this returns."""
        self._put(lambda: self._recorded(record))
        if isinstance(record.event, _PAUSES):
            gone = threading.Event()
            self._put(gone.set)
            gone.wait(_PATIENCE_S)

    def progress(self, message: str, host: str | None = None) -> None:
        """Show that something moved."""
        self._put(lambda: self._progressed(message, host))

    def checked(self, check: Checked) -> None:
        """Show a check that ended."""
        self._put(lambda: self._checked(check))

    def close(self) -> None:
        """Take the display away; the lines stay."""
        self._told.put(None)
        self._thread.join(_PATIENCE_S)

    def _put(self, show: Callable[[], None]) -> None:
        if self._problem is not None:
            raise self._problem
        self._told.put(show)

    def _run(self) -> None:
        try:
            while self._show_some():
                self._draw()
        except Exception as problem:  # noqa: BLE001 - told to whoever tells us next, by _put
            self._problem = problem
        finally:
            with contextlib.suppress(OSError):
                self._stop()

    def _show_some(self) -> bool:
        """Show all that was told; whether there is more to come."""
        wait: float | None = _EVERY_S if self._live is not None else None
        with contextlib.suppress(queue.Empty):
            show = self._told.get(timeout=wait)
            while show is not None:
                show()
                show = self._told.get_nowait()
            return False
        return True

    def _recorded(self, record: Record) -> None:
        event = record.event
        line = self._teller.event(event)
        if line and not isinstance(event, ev.StepStarted):
            self._line(line)
        if isinstance(event, ev.AttemptStarted | ev.Resumed) and self._read is not None:
            until = [one for one in self._read() if one.seq <= record.seq]
            self._view = views.opened(until, event.attempt)
            self._teller.titled(self._view.attempt)
            self._start()
        else:
            self._view = views.recorded(self._view, record)
        if self._view.attempt is None:
            self._stop()

    def _progressed(self, message: str, host: str | None) -> None:
        self._view = views.progressed(self._view, message, host)
        self._line(self._teller.progress(message, host))

    def _checked(self, check: Checked) -> None:
        self._view = views.checked(self._view, check)
        if check.outcome != "passed":
            self._line(self._teller.progress(check.line(), check.entry.host or None))

    def _line(self, text: str) -> None:
        if self._live is None:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()
        else:
            from rich.text import Text  # noqa: PLC0415 - loaded by then, and never without a terminal

            self._live.console.print(Text(text), soft_wrap=True)

    def _start(self) -> None:
        if self._live is not None:
            return
        from rich.console import Console  # noqa: PLC0415 - heavy, and of no use without a terminal
        from rich.live import Live  # noqa: PLC0415 - likewise

        console = Console(stderr=True)
        live = Live(
            console=console, transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        )
        live.start()
        self._live = live

    def _draw(self) -> None:
        if self._live is not None:
            from pipeline.cli.drawing import draw  # noqa: PLC0415 - imports rich

            height = self._live.console.height
            self._live.update(draw(self._view, self._now(), height), refresh=True)

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
