"""When what failed may be tried again, and what is said of it: no retry hides a defect."""

from dataclasses import dataclass

ATTEMPTS = 3
# Seconds: a broken connection is back at once, a program that restarts within a few.
FIRST_PAUSE_S, GROWTH = 1.0, 4.0
_LONGEST_PAUSE_S = FIRST_PAUSE_S * GROWTH ** (ATTEMPTS - 2)


@dataclass(frozen=True, slots=True)
class Retry:
    """An attempt that failed and was made again.

    `what` is a step's id, "plan", or what a release's own code tried; `attempt` counts from 1.
    """

    what: str
    attempt: int
    reason: str

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.what}, attempt {self.attempt}: {self.reason}"


def pause_s(attempt: int) -> float:
    """How long to wait after this attempt failed, in seconds; each pause is GROWTH times the one before."""
    return FIRST_PAUSE_S * GROWTH ** (attempt - 1)


def left_s(not_before: float, now: float) -> float:
    """How long it is until something may be tried again, in seconds; 0 when it may be now.

    A machine's clock that was set back makes nobody wait longer than the longest pause.
    """
    left = not_before - now
    return left if 0 < left <= _LONGEST_PAUSE_S else 0.0
