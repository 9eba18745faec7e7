"""What can go wrong in running checks, as opposed to a check that says no.

SuitesError            what, where, why, next
├── TargetUnusable     target.json can't be read or doesn't say what it must; names every problem
├── RosterUnusable     the roster can't be read
├── OptionMissing      pytest was started without --target
├── SuiteMisplaced     a file or folder that breaks the layout of suites/
├── ReadingFailed      a host could not be asked, or its answer was not understood
├── TraceUnusable      a probe's trace can't be read; names the line
├── ClientFailed       a client process inside the stage failed or took too long
├── FaultRefused       a fault would reach more than its host, or take more than it means to
├── HealingFailed      what a fault or an earlier run left behind could not be undone
├── NotMeasured        a measurement did not come about: nothing is said of the stage
└── NotWithin          a condition timed out
"""


class SuitesError(Exception):
    """An error for people: what happened, where, why, and what to type next (empty when there is nothing)."""

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        why: str = "",
        next: str = "",  # noqa: A002 - the four words are the ones of the seam
    ) -> None:
        self.what = what
        self.where = where
        self.why = why
        self.next = next
        super().__init__(what, where, why, next)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        reason = f": {self.why}" if self.why else ""
        advice = f"\n  next: {self.next}" if self.next else ""
        return f"{place}{self.what}{reason}{advice}"


class TargetUnusable(SuitesError):
    """The target file can't be read, is no JSON, or lacks what it must say; every problem is named."""


class RosterUnusable(SuitesError):
    """The roster can't be read or has entries of another shape."""


class OptionMissing(SuitesError):
    """The checks were started without saying what is under test."""


class SuiteMisplaced(SuitesError):
    """A file or folder breaks the layout that gives a check its component and gate."""


class ReadingFailed(SuitesError):
    """A host could not be asked, or answered what nobody understands."""


class ClientFailed(SuitesError):
    """A client process inside the stage failed, or did not end within its time."""


class TraceUnusable(SuitesError):
    """A trace or the marks of a fault can't be read or have another shape; file and line are named."""


class FaultRefused(SuitesError):
    """A fault could reach more than its host, or would take a quorum that it does not mean to take."""


class HealingFailed(SuitesError):
    """A fault could not be undone; it stays written down, and the next run tries again."""


class NotMeasured(SuitesError):
    """A measurement did not come about: a probe died, or too little was seen of it. No word on the stage."""


class NotWithin(SuitesError):
    """A condition timed out; the message ends with the last observation."""
