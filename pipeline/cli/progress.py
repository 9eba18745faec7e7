"""Progress on stderr: one line an event, with the time since the command began."""

import os
import sys
import threading
import time
from collections.abc import Callable

import click

from pipeline.cli.sentences import Titles, sentence
from pipeline.core.attempt import Attempt
from pipeline.core.events import Event, PlanMade, Record
from pipeline.ports import Checked


def on_terminal() -> bool:
    """Whether stderr is a terminal that can move its cursor."""
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    return is_terminal and os.environ.get("TERM", "") not in ("", "dumb", "unknown")


class Teller:
    """Words what happens as lines, each with the time since the command began."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._began = monotonic()
        self._titles: Titles = {}

    def event(self, event: Event) -> str | None:
        """The line of an event; None for one that says nothing to people."""
        if isinstance(event, PlanMade):
            self._titles = {step.id: step.title for step in event.plan.steps}
        text = sentence(event, self._titles)
        return self._timed(text) if text else None

    def progress(self, message: str, host: str | None = None) -> str:
        """The line of something that moved within a step or a gate."""
        return self._timed(f"  {host}: {message}" if host else f"  {message}")

    def titled(self, attempt: Attempt | None) -> None:
        """Take the titles of steps from an attempt that goes on."""
        if attempt is not None:
            self._titles = {step.id: step.title for step in attempt.plan.steps}

    def _timed(self, text: str) -> str:
        return f"{self._monotonic() - self._began:7.1f}s {text}"


class ConsoleNotifier:
    """The Notifier port on stderr, for pipes, files and CI."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._teller = Teller(monotonic)
        # Reentrant: a signal's handler speaks from the main thread, which may be speaking.
        self._lock = threading.RLock()

    def recorded(self, record: Record) -> None:
        """One line for an event that says something to people."""
        line = self._teller.event(record.event)
        if line:
            self._say(line)

    def progress(self, message: str, host: str | None = None) -> None:
        """One line for something that moved within a step or a gate."""
        self._say(self._teller.progress(message, host))

    def checked(self, check: Checked) -> None:
        """One line for a check that ended."""
        self.progress(check.line(), check.entry.host or None)

    def _say(self, line: str) -> None:
        with self._lock:
            click.echo(line, err=True)
