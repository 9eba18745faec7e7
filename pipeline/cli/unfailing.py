"""The Notifier whose errors never fail a run."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.cli.output import warn
from pipeline.core.checked import Checked
from pipeline.core.errors import RunInterrupted
from pipeline.core.events import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.ports import Notifier


@contextmanager
def unfailing(told: Notifier) -> Iterator[Unfailing]:
    """The notifier, whose errors do not fail what is inside. At the end the first of them is a warning."""
    notifier = Unfailing(told)
    try:
        yield notifier
    finally:
        if notifier.lost is not None:
            warn(f"some progress could not be shown: {notifier.lost}")


class Unfailing:
    """Forwards to another notifier, and deliberately swallows its errors.

    A closed pipe (`| head`), a full disk or a bug in the display says nothing about the stage. An error here
    would fail a step, or end the run and roll the stage back. What happened is in the ledger and the exit
    code. `lost` is the first error, None while there is none.
    """

    def __init__(self, told: Notifier) -> None:
        self.lost: Exception | None = None
        self._told = told

    def recorded(self, record: Record) -> None:
        """Forward an event, if possible."""
        self._try(lambda: self._told.recorded(record))

    def progress(self, message: str, host: str | None = None) -> None:
        """Forward progress, if possible."""
        self._try(lambda: self._told.progress(message, host))

    def checked(self, check: Checked) -> None:
        """Forward a check, if possible."""
        self._try(lambda: self._told.checked(check))

    def _try(self, tell: Callable[[], None]) -> None:
        try:
            tell()
        except RunInterrupted:
            raise  # from the signal handler, which may run here: it ends a command that has begun nothing
        except Exception as problem:  # noqa: BLE001 - see the class: any error of the notifier
            self.lost = self.lost or problem
