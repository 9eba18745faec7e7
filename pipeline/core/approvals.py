"""The approvals that stand, folded from the events."""

from pipeline.core import events as ev
from pipeline.core.approval import Approval
from pipeline.core.kinds import Kind

# In the order in which they were given; those that have expired are among them.
Approvals = tuple[Approval, ...]


def spoken(approvals: Approvals, event: ev.PromotionApproved | ev.ApprovalWithdrawn, at: float) -> Approvals:
    """The approvals after somebody has given one, or taken all of their own back.

    The latest word of each counts, about a promotion and about a retirement.
    """
    said = (event.stage, event.release, event.by)
    about = {Kind.PROMOTE, Kind.RETIRE} if isinstance(event, ev.ApprovalWithdrawn) else {event.kind}
    others = tuple(
        item for item in approvals if (item.stage, item.release, item.by) != said or item.kind not in about
    )
    if isinstance(event, ev.ApprovalWithdrawn):
        return others
    given = Approval(event.stage, event.release, event.plan, event.by, event.reason, at, event.kind)
    return (*others, given)


def used_up(approvals: Approvals, stage: str, release: str, kind: Kind) -> Approvals:
    """Those that are left once an attempt of this kind and release has begun to change this stage."""
    used = (stage, release, kind)
    return tuple(item for item in approvals if (item.stage, item.release, item.kind) != used)
