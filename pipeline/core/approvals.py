"""The approvals that stand, folded from the events."""

from pipeline.core import events as ev
from pipeline.core.approval import Approval

# In the order in which they were given; those that have expired are among them.
Approvals = tuple[Approval, ...]


def spoken(approvals: Approvals, event: ev.PromotionApproved | ev.ApprovalWithdrawn, at: float) -> Approvals:
    """The approvals after somebody has given one, or taken their own back. The latest word of each counts."""
    said = (event.stage, event.release, event.by)
    others = tuple(item for item in approvals if (item.stage, item.release, item.by) != said)
    if isinstance(event, ev.ApprovalWithdrawn):
        return others
    return (*others, Approval(event.stage, event.release, event.plan, event.by, event.reason, at))


def used_up(approvals: Approvals, stage: str, release: str) -> Approvals:
    """Those that are left once a promotion of this release has begun to change this stage."""
    return tuple(item for item in approvals if (item.stage, item.release) != (stage, release))
