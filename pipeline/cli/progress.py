"""Progress on stderr: one line an event, with the time since the command began."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import click

from pipeline.cli.sentences import Titles, sentence
from pipeline.core.events import PlanMade

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.core.events import Record


class ConsoleNotifier:
    """The Notifier port on stderr."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._began = monotonic()
        self._titles: Titles = {}
        # Reentrant: a signal's handler speaks from the main thread, which may be speaking.
        self._lock = threading.RLock()

    def recorded(self, record: Record) -> None:
        """One line for an event that says something to people."""
        if isinstance(record.event, PlanMade):
            self._titles = {step.id: step.title for step in record.event.plan.steps}
        text = sentence(record.event, self._titles)
        if text:
            self._line(text)

    def progress(self, message: str, host: str | None = None) -> None:
        """One line for something that moved within a step or a gate."""
        self._line(f"  {host}: {message}" if host else f"  {message}")

    def _line(self, text: str) -> None:
        with self._lock:
            click.echo(f"{self._monotonic() - self._began:7.1f}s {text}", err=True)
