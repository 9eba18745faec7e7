"""Errors in running checks, as opposed to a check that fails.

SuitesError            what, where, why, next
├── TargetUnusable     target.json can't be read or is invalid; names every problem
├── RosterUnusable     the roster can't be read or is invalid
├── OptionMissing      pytest was started without --target
├── SuiteMisplaced     a file or folder that breaks the layout of suites/
├── ReadingFailed      a host could not be reached, or its answer could not be parsed
├── TraceUnusable      a probe's trace can't be read; names the line
├── ClientFailed       a client process inside the stage failed or timed out
├── RequestRefused     an API refused a request, or its answer is not what it must be
├── FaultRefused       a fault would affect more than its host, or break a quorum it does not target
├── LeaseLost          the stage may belong to another run by now, so nothing is broken or restarted
├── HealingFailed      what a fault or an earlier run left behind could not be undone
├── NotMeasured        a measurement failed; it says nothing about the stage
└── NotWithin          a condition timed out
"""


class SuitesError(Exception):
    """An error for people: what happened, where, why, and what to type next (empty if nothing helps)."""

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        why: str = "",
        next: str = "",  # noqa: A002 - the seam uses these four words
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
    """The target file can't be read, is not JSON, or is invalid; the error names every problem."""


class RosterUnusable(SuitesError):
    """The roster can't be read or has invalid entries."""


class OptionMissing(SuitesError):
    """The checks were started without a target."""


class SuiteMisplaced(SuitesError):
    """A file or folder breaks the layout that determines a check's component and gate."""


class ReadingFailed(SuitesError):
    """A host could not be reached, or its answer could not be parsed."""


class ClientFailed(SuitesError):
    """A client process inside the stage failed or timed out."""


class RequestRefused(SuitesError):
    """An API refused a request, or answered it otherwise than it must; the error names the colour asked."""


class TraceUnusable(SuitesError):
    """A trace or the marks of a fault can't be read or are invalid; the error names file and line."""


class FaultRefused(SuitesError):
    """A fault could affect more than its host, or would break a quorum that it does not target."""


class LeaseLost(SuitesError):
    """The stage belongs to another run by now, or may. It says nothing about the stage."""


class HealingFailed(SuitesError):
    """A fault could not be undone; its record stays on disk, and the next run tries again."""


class NotMeasured(SuitesError):
    """A measurement failed: a probe died, or there is too little data. It says nothing about the stage."""


class NotWithin(SuitesError):
    """A condition timed out; the message ends with the last observation."""
