"""When a failure may be retried, and how each retry is reported, so that no retry hides a defect."""

from dataclasses import dataclass

TRIES = 3
# Seconds: a broken connection works again at once, a restarting program within a few.
FIRST_PAUSE_S, GROWTH = 1.0, 4.0
_LONGEST_PAUSE_S = FIRST_PAUSE_S * GROWTH ** (TRIES - 2)


@dataclass(frozen=True, slots=True)
class Retry:
    """A failure that was followed by another try.

    `what` is a step's id, "plan", or what the release's own code tried. `attempt`, the name in the ledger and
    in JSON, is the number of the try that failed, from 1.
    """

    what: str
    attempt: int
    reason: str

    def __str__(self) -> str:
        """The retry as one line of text."""
        return f"{self.what}, try {self.attempt}: {self.reason}"


def pause_s(failed_tries: int) -> float:
    """Seconds to wait after so many tries have failed; each pause is GROWTH times the previous one."""
    return FIRST_PAUSE_S * GROWTH ** (failed_tries - 1)


def left_s(not_before: float, now: float) -> float:
    """Seconds until a retry is due; 0 when it is due now.

    A wait longer than the longest pause means that the machine's clock was set back: then it is due now.
    """
    left = not_before - now
    return left if 0 < left <= _LONGEST_PAUSE_S else 0.0
