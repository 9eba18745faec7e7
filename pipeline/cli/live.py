"""Progress on a terminal: permanent lines, and below them a live display of what is running."""

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

    from pipeline.core.checked import Checked
    from pipeline.core.events import Record
    from pipeline.core.history import History

    # The state after the event with this number, and the latest events until then.
    Until = Callable[[int], tuple[History, Sequence[Record]]]

_EVERY_S = 0.5
_PATIENCE_S = 2.0
_PAUSES = (ev.AttemptEnded, ev.Interrupted)


class LiveNotifier:
    """The Notifier port on a terminal, until `close`.

    The methods only put into a queue, which is safe in a signal handler; one thread folds and draws. The
    permanent lines are those of `ConsoleNotifier` except started steps and passed checks: these appear in
    the live display, and later in the ledger and the gate's report.
    """

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, now: Callable[[], float] = time.time
    ) -> None:
        self._now = now
        self._until: Until | None = None
        self._teller = Teller(monotonic)
        self._told: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._view = views.View()
        self._live: Live | None = None
        self._problem: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="display", daemon=True)
        self._thread.start()

    def follow(self, until: Until) -> None:
        """Set what tells a resumed run's state, and the run to compare with."""
        self._until = until

    def recorded(self, record: Record) -> None:
        """Show an event. At the end or interruption of an attempt, waits until the display is removed."""
        self._put(lambda: self._recorded(record))
        if isinstance(record.event, _PAUSES):
            gone = threading.Event()
            self._put(gone.set)
            gone.wait(_PATIENCE_S)

    def progress(self, message: str, host: str | None = None) -> None:
        """Show progress."""
        self._put(lambda: self._progressed(message, host))

    def checked(self, check: Checked) -> None:
        """Show a check that ended."""
        self._put(lambda: self._checked(check))

    def close(self) -> None:
        """Remove the live display; the permanent lines stay."""
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
        except Exception as problem:  # noqa: BLE001 - _put raises it to its next caller
            self._problem = problem
        finally:
            with contextlib.suppress(OSError):
                self._stop()

    def _show_some(self) -> bool:
        """Show everything in the queue; return whether there is more to come."""
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
        if isinstance(event, ev.AttemptStarted | ev.Resumed) and self._until is not None:
            self._view = views.opened(*self._until(record.seq), event.attempt)
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
            from rich.text import Text  # noqa: PLC0415 - loaded by then, and only with a terminal

            self._live.console.print(Text(text), soft_wrap=True)

    def _start(self) -> None:
        if self._live is not None:
            return
        from rich.console import Console  # noqa: PLC0415 - slow, and useless without a terminal
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
