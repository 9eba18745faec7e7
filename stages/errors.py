"""The errors of stages, each with the next command to type (ConfigProblems: stages/config/problems.py)."""


class StagesError(Exception):
    """An error that this package raises on purpose: what, where, why, and the next command to type.

    `transient` is whether a retry is likely to succeed.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        why: str = "",
        next: str = "",  # noqa: A002 - the four names are keys of the seam
        transient: bool = False,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.next = next
        self.transient = transient

    def __str__(self) -> str:
        """All known parts in one line."""
        place = f"{self.where}: " if self.where else ""
        reason = f": {self.why}" if self.why else ""
        advice = f" (next: {self.next})" if self.next else ""
        return f"{place}{self.what}{reason}{advice}"


class DuplicateEntry(StagesError):
    """Two parts of a manifest claim the same path, unit, user or command: a defect of a role."""


class TemplateError(StagesError):
    """A template is missing, broken, or uses a value that it was not given."""


class UnknownOpenStack(StagesError):
    """The config names an OpenStack release without a lock."""


class SecretUnusable(StagesError):
    """A referenced secret has no usable value. The error never contains a value."""


class ImageGone(StagesError):
    """The image that an earlier stage proved is not on this machine."""


class ProgramFailed(StagesError):
    """A program on this machine exited non-zero, timed out, or is missing."""


class HostRefused(StagesError):
    """A host could not be reached, or its applier failed."""


class HostBusy(HostRefused):
    """The applier of a host is still busy with another request."""


class LeaseLost(StagesError):
    """Another run holds the stage now, so nothing was done."""


class UnknownStage(StagesError):
    """The config has no stage of this name."""


class PlanUnsafe(StagesError):
    """A plan would break an invariant: a defect of this code, found before anything is done."""


class BadRequest(StagesError):
    """The engine sent a request that this code does not understand."""
