"""The errors of stages, each with the next command to type.

StagesError             every error that this package raises on purpose
├── DuplicateEntry      two parts of a manifest claim the same thing (a mistake in a role)
├── TemplateError       a template is missing, broken, or uses a value it was not given
├── ConfigProblems      the config is invalid (stages/config/problems.py)
├── ColoursUnclear      two control planes stand, and it is not known which one a release is about
├── PlanUnsafe          a plan would break an invariant of plans (a mistake in planning)
├── BadRequest          the engine asked for something this code does not know
├── UnknownStage        the config has no stage of this name
├── UnknownOpenStack    the config names an OpenStack release without a lock
├── ReviewImpossible    migrations can't be read, or a review of them can't
├── SecretUnusable      a referenced secret has no usable value
├── KeyUnusable         a file that should hold a private key of ssh does not
├── ImageGone           the image that an earlier stage proved is not on this machine
├── CanaryWorse         the colour that was to take over answers worse than the other one
├── ProgramFailed       a program on this machine failed
├── HostRefused         a host could not be reached, or its applier failed
│   └── HostBusy        its applier is still busy with another request
├── LabInUse            a process is at work in a lab that was to be removed; nothing was done
└── LeaseLost           another run holds the stage now; nothing was done
"""


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
    """Two parts of a manifest claim the same path, unit, user or command."""


class TemplateError(StagesError):
    """A template is missing, broken, or uses a value that it was not given."""


class UnknownOpenStack(StagesError):
    """The config names an OpenStack release without a lock."""


class ReviewImpossible(StagesError):
    """Migrations between two OpenStack releases can't be read, or a review of them can't."""


class SecretUnusable(StagesError):
    """A referenced secret has no usable value. The error never contains a value."""


class KeyUnusable(StagesError):
    """A file that should hold a private key of ssh does not."""


class ImageGone(StagesError):
    """The image that an earlier stage proved is not on this machine."""


class CanaryWorse(StagesError):
    """The colour that was to take over answers worse than the other one, which answers all again."""


class ProgramFailed(StagesError):
    """A program on this machine exited non-zero, timed out, or is missing."""


class HostRefused(StagesError):
    """A host could not be reached, or its applier failed."""


class HostBusy(HostRefused):
    """The applier of a host is still busy with another request."""


class LabInUse(StagesError):
    """A process is at work in a lab that was to be removed, so nothing was done."""


class LeaseLost(StagesError):
    """Another run holds the stage now, so nothing was done."""


class UnknownStage(StagesError):
    """The config has no stage of this name."""


class ColoursUnclear(StagesError):
    """Two control planes stand, and it is not known which one a release is about."""


class PlanUnsafe(StagesError):
    """A plan would break an invariant: a defect of this code, found before anything is done."""


class BadRequest(StagesError):
    """The engine sent a request that this code does not understand."""
