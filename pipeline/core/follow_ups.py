"""What is to be done some time after a plan has brought a stage where it is. Pure.

A release's plan names it by a verb of `promote`; why, only the release knows.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A verb, as in `promote VERB --stage S`, and after how many seconds it is due.

    Unless it `restarts`, one that is pending already stays as it is.
    """

    verb: str
    after_s: float
    restarts: bool = True


@dataclass(frozen=True, slots=True)
class Pending:
    """A follow-up of a stage, since the end of an attempt; `since` and `due` are in seconds since 1970."""

    verb: str
    attempt: str
    since: float
    due: float

    def is_due(self, at: float) -> bool:
        """Whether it is time for it."""
        return at >= self.due
