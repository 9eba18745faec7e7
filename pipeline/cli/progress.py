"""Progress on stderr: one line per event, with the time since the command started."""

import os
import threading
import time
from collections.abc import Callable
from typing import TextIO

import click

from pipeline.cli.sentences import Told, sentence
from pipeline.core.attempt import Attempt
from pipeline.core.checked import Checked
from pipeline.core.events import Event, Record


def is_capable(stream: TextIO | None) -> bool:
    """Whether the stream is a terminal that can move its cursor."""
    is_terminal = stream is not None and stream.isatty()
    return is_terminal and os.environ.get("TERM", "") not in ("", "dumb", "unknown")


class Teller:
    """Turns reports into lines, each with the time since the command started."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._began = monotonic()
        self._told = Told()

    def event(self, event: Event) -> str | None:
        """The line for an event; None for one that is not shown."""
        self._told = self._told.after(event)
        text = sentence(event, self._told)
        return self._timed(text) if text else None

    def progress(self, message: str, host: str | None = None) -> str:
        """The line for progress within a step or gate."""
        return self._timed(f"  {host}: {message}" if host else f"  {message}")

    def titled(self, attempt: Attempt | None) -> None:
        """Take the titles of steps, and what is done, from an attempt that is resumed."""
        if attempt is not None:
            self._told = Told.of(attempt.kind, attempt.plan, attempt.done)

    def _timed(self, text: str) -> str:
        return f"{self._monotonic() - self._began:7.1f}s {text}"


class ConsoleNotifier:
    """The Notifier port on stderr, for pipes, files and CI."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._teller = Teller(monotonic)
        # Reentrant: a signal handler runs in the main thread, which may hold the lock.
        self._lock = threading.RLock()

    def recorded(self, record: Record) -> None:
        """Print one line for an event that is shown."""
        line = self._teller.event(record.event)
        if line:
            self._say(line)

    def progress(self, message: str, host: str | None = None) -> None:
        """Print one line for progress within a step or gate."""
        self._say(self._teller.progress(message, host))

    def checked(self, check: Checked) -> None:
        """Print one line for a check that ended."""
        self.progress(check.line(), check.entry.host or None)

    def _say(self, line: str) -> None:
        with self._lock:
            click.echo(line, err=True)
