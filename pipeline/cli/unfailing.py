"""The Notifier that what it tells can be lost to, and no run."""

from collections.abc import Callable

from pipeline.core.errors import RunInterrupted
from pipeline.core.events import Record
from pipeline.ports import Checked, Notifier


class Unfailing:
    """Tells another notifier, and swallows whatever goes wrong with it: on purpose.

    A reader that went away (`| head`), a full disk or a mistake in the display says nothing of the stage, and
    an error here would fail a step or end the run and take the stage back. What happened is in the ledger and
    the exit code; `lost` is the first thing that went wrong with telling it, None while nothing did.
    """

    def __init__(self, told: Notifier) -> None:
        self.lost: Exception | None = None
        self._told = told

    def recorded(self, record: Record) -> None:
        """Tell of an event, if that is possible."""
        self._try(lambda: self._told.recorded(record))

    def progress(self, message: str, host: str | None = None) -> None:
        """Tell what moved, if that is possible."""
        self._try(lambda: self._told.progress(message, host))

    def checked(self, check: Checked) -> None:
        """Tell of a check, if that is possible."""
        self._try(lambda: self._told.checked(check))

    def _try(self, tell: Callable[[], None]) -> None:
        try:
            tell()
        except RunInterrupted:
            raise  # a signal's handler, which ends a command that has begun nothing, ran just here
        except Exception as problem:  # noqa: BLE001 - see above: whatever goes wrong with telling
            self.lost = self.lost or problem
