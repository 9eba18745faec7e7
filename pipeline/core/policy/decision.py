"""What policy says: yes, no, or not yet. Always with reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Obstacle(Enum):
    """The kind of a denial; each maps to an exit code."""

    HELD = "held"
    OPEN_ATTEMPT = "open attempt"
    REJECTED = "rejected"
    TAKES_AWAY = "takes away from the line"
    NOT_VERIFIED_BEFORE = "not verified in the stage before"
    NOT_SOAKED = "has not stood long enough in the stage before"
    NOT_APPROVED = "not approved"
    UNREADABLE_FREEZE = "a freeze cannot be read"
    NO_SUCH_STAGE = "no such stage"


@dataclass(frozen=True, slots=True)
class Allow:
    """The release may enter, and why."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deny:
    """The release may not enter: why, and the next command to type."""

    obstacle: Obstacle
    reasons: tuple[str, ...]
    next: str


@dataclass(frozen=True, slots=True)
class Defer:
    """The release may not enter before `until` (seconds since 1970), and why."""

    reasons: tuple[str, ...]
    until: float


Decision = Allow | Deny | Defer
# What a rule finds; None if it has nothing against it.
Finding = Deny | Defer


def decided(findings: Sequence[Finding], otherwise: Allow) -> Decision:
    """One decision of all findings: the first denial with every reason, the latest moment, or a yes."""
    reasons = tuple(reason for finding in findings for reason in finding.reasons)
    for finding in findings:
        if isinstance(finding, Deny):
            return Deny(finding.obstacle, reasons, finding.next)
    moments = [finding.until for finding in findings if isinstance(finding, Defer)]
    return Defer(reasons, max(moments)) if moments else otherwise
