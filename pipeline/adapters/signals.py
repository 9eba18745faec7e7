"""SIGINT, SIGTERM and SIGHUP: the first requests a stop, the second kills the children.

Once a run is over its exit code is fixed, and no signal changes it.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from types import FrameType

from pipeline.core.errors import RunInterrupted

# The signals that request a stop, and how to send a second one.
_AGAIN = {
    signal.SIGINT: "press Ctrl-C again",
    signal.SIGTERM: "send it again",
    signal.SIGHUP: "send SIGTERM",
}


class _Run(Enum):
    """What a signal meets."""

    NOT_BEGUN = auto()
    DRIVEN = auto()
    OVER = auto()


class SignalInterrupts:
    """The Interrupts port on this process's signals.

    `kill_all` kills every child process, and lets no more start. `told` receives a message for each signal.
    """

    def __init__(self, kill_all: Callable[[], None], told: Callable[[str], None]) -> None:
        self._kill_all = kill_all
        self._told = told
        self._signal: int | None = None
        self._run = _Run.NOT_BEGUN
        self._killed = threading.Event()

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Handle signals while inside; works only in the main thread.

        If there was a run, they are ignored afterwards: what is left is to print its result and to exit.
        """
        before = {number: signal.signal(number, self._arrived) for number in _AGAIN if _heeded(number)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler if self._run is _Run.NOT_BEGUN else signal.SIG_IGN)

    def requested(self) -> int | None:
        """The first signal that arrived."""
        return self._signal

    def killed(self) -> bool:
        """Whether children were killed."""
        return self._killed.is_set()

    def kill_children(self) -> None:
        """Kill every child process group now."""
        self._killed.set()
        self._kill_all()

    @contextmanager
    def driving(self) -> Iterator[None]:
        """From here on signals never raise, even after the block, while evidence and tables are written."""
        self._run = _Run.DRIVEN
        try:
            yield
        finally:
            self._run = _Run.OVER

    def _arrived(self, number: int, _frame: FrameType | None) -> None:
        name = signal.Signals(number).name
        if self._run is _Run.NOT_BEGUN:
            raise RunInterrupted(number, f"interrupted by {name} before anything was begun")
        if self._run is _Run.OVER:
            # Kept, because a repeated gate must not begin another run.
            self._signal = self._signal or number
            self._told(f"{name}: the run is over; its result is being written")
        elif self._signal is None:
            self._signal = number
            self._told(f"{name}: finishing the steps that run; {_AGAIN[signal.Signals(number)]} to kill them")
        elif number != signal.SIGHUP:  # a closed terminal sends two of them
            self._told(f"{name} again: killing the steps that run")
            self.kill_children()


def _heeded(number: signal.Signals) -> bool:
    """Whether to handle the signal: under `nohup` SIGHUP stays ignored."""
    return number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN
