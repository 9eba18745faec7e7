"""Hands pushes over to the engine, one promotion after the other, in a thread of its own."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress

from pipeline.board.pushes import Pushes
from pipeline.cli.exit_codes import ExitCode
from pipeline.core.errors import StagegateError

# Begins the promotion of a candidate ("code" or "config"), and returns its exit code once it has ended.
Run = Callable[[str], int]
NOT_BEGUN = "not_begun"
STOP_S = 840.0  # for which a stop waits: a minute less than the service of docs/board.md is given
_NO_CODE = -1


class Handing:
    """What waits, what runs, and what came of it. `say` tells people what cannot be told to who pushed."""

    def __init__(self, run: Run, clock: Callable[[], float], say: Callable[[str], None]) -> None:
        self._run, self._clock, self._say = run, clock, say
        self._changed = threading.Condition()
        self._pushes = Pushes()
        self._over = False
        self._running = False
        self._ended: Counter[tuple[str, str]] = Counter()
        self._last: int | None = None
        self._thread = threading.Thread(target=self._work, name="handing", daemon=True)

    def start(self) -> None:
        """Begin to hand over."""
        self._thread.start()

    def stop(self, within_s: float = STOP_S) -> None:
        """Begin no more promotions, and wait for the one that runs, this long at most; say if it goes on."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        self._thread.join(within_s)
        if self._thread.is_alive():
            self._tell(
                f"the promotion of a push has not ended {within_s:g} s after it was asked to, and is left; "
                "next: promote status"
            )

    def pushed(self, candidate: str) -> None:
        """A push came: of the code, or of the config."""
        with self._changed:
            self._pushes = self._pushes.pushed(candidate, self._clock())
            self._changed.notify_all()

    def waiting(self) -> int:
        """How many promotions wait or run because of pushes: two at most."""
        with self._changed:
            return int(self._pushes.waiting) + int(self._running)

    def ended(self) -> Mapping[tuple[str, str], int]:
        """How many have ended, by candidate and exit code."""
        with self._changed:
            return dict(self._ended)

    def last_code(self) -> int | None:
        """The exit code of the one that ended last, -1 if it could not begin; None if there was none."""
        with self._changed:
            return self._last

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            code = self._hand_over(taken.candidate)
            with self._changed:
                self._running = False
                self._last = code
                told = NOT_BEGUN if code == _NO_CODE else str(code)
                self._ended[taken.candidate, told] += 1
                if code == ExitCode.TRY_AGAIN:
                    self._pushes = self._pushes.failed_for_now(taken, self._clock())

    def _take(self) -> Pushes | None:
        """What is due, once it is; None when there is to be no more."""
        with self._changed:
            while not self._over:
                if self._pushes.waiting and (left := self._pushes.due - self._clock()) <= 0:
                    taken, self._pushes, self._running = self._pushes, Pushes(), True
                    return taken
                self._changed.wait(left if self._pushes.waiting else None)
            return None

    def _hand_over(self, candidate: str) -> int:
        try:
            code = self._run(candidate)
        except Exception as problem:  # noqa: BLE001 - this thread is all that hands over the next push
            other = (f"{type(problem).__name__}: {problem}",)
            lines = problem.lines() if isinstance(problem, StagegateError) else other
            self._tell(f"a push to the {candidate} was not handed over: {'; '.join(lines)}")
            return _NO_CODE
        self._tell(f"the promotion of a push to the {candidate} ended with exit code {code}")
        return code

    def _tell(self, text: str) -> None:
        # Without a stderr, as after a terminal has gone, the figures still say how it ended.
        with suppress(OSError, ValueError):
            self._say(text)
