"""An approval of a promotion, and what a stage of the line asks of approvals."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.core.actor import Actor
from pipeline.core.kinds import Kind

DAY_S = 86400


@dataclass(frozen=True, slots=True)
class Approval:
    """The word of a person that a release may enter a stage by one plan, which `plan` is the digest of.

    `at` is when it was given, in seconds since 1970. `kind` is that of the attempt that it is for: of a
    retirement it says nothing about a promotion.
    """

    stage: str
    release: str
    plan: str
    by: Actor
    reason: str
    at: float
    kind: Kind = Kind.PROMOTE


@dataclass(frozen=True, slots=True)
class GivenApproval:
    """That a person approved, or rejected, the deployment of a commit on a forge. `person` is their login."""

    person: str
    approved: bool
    comment: str = ""


def by_others(given: Iterable[GivenApproval], requester: Actor) -> tuple[GivenApproval, ...]:
    """Those that are evidence: of everybody but who asks for the promotion."""
    return tuple(one for one in given if one.person != requester.name)


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """How many different people must have approved a promotion into a stage; by default nobody.

    `by` are the names of those who may; empty: anybody. An approval counts for `within_s` seconds. `verified`
    is whether somebody else must vouch for the approver's name.
    """

    count: int = 0
    by: tuple[str, ...] = ()
    within_s: int = DAY_S
    verified: bool = False

    def __str__(self) -> str:
        names = f" by {' or '.join(self.by)}" if self.by else ""
        approvals = f"{'verified ' if self.verified else ''}approval{'' if self.count == 1 else 's'}"
        return f"{self.count} {approvals}{names}, not older than {self.within_s} s"

    def unfit(self, person: Actor) -> str | None:
        """Why this person's approval never counts; None if it may."""
        if self.by and person.name not in self.by:
            return f"{person} is not among those who may approve: {', '.join(self.by)}"
        if self.verified and not person.proved:
            return f"nobody vouches for the name {person.name}"
        return None

    def problems(self) -> Iterator[str]:
        """Why no promotion could ever be approved by this rule."""
        if self.count < 0:
            yield f"cannot ask for {self.count} approvals"
        if self.by and len(set(self.by)) < self.count:
            yield f"asks for {self.count} approvals, and only {', '.join(sorted(set(self.by)))} may approve"
        if self.within_s < 1:
            yield "has approvals that never count, since they must be within 0 s"


NONE_NEEDED = ApprovalRule()
