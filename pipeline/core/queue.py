"""The promotions that wait for a locked stage, as the ledger has them."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from pipeline.core.events import (
    AttemptStarted,
    Holder,
    LeaseReturned,
    LeaseTaken,
    PromotionDequeued,
    PromotionQueued,
)
from pipeline.core.kinds import Kind


@dataclass(frozen=True, slots=True)
class Waiting:
    """A promotion that waits.

    `lease` is the token of the newest lease that was granted on the stage since it waits; 0: none was.
    `overtaken_by` is the newest promotion that started under such a lease; empty: none did.
    """

    ticket: int
    queued: PromotionQueued
    lease: int = 0
    overtaken_by: str = ""


# In the order of their tickets. One whose process was killed stays: it could not say that it waits no longer.
Queue = tuple[Waiting, ...]


def requeued(
    queue: Queue, event: LeaseTaken | LeaseReturned | PromotionQueued | PromotionDequeued, seq: int
) -> Queue:
    """The queue after this event, whose number is `seq`. To leave twice changes nothing."""
    match event:
        case PromotionQueued():
            return (*queue, Waiting(seq, event))
        case PromotionDequeued(ticket=ticket):
            return tuple(one for one in queue if one.ticket != ticket)
        case LeaseTaken(stage=stage, token=token):
            return tuple(replace(one, lease=token) if one.queued.stage == stage else one for one in queue)
        case LeaseReturned():
            return queue


def overtaken(queue: Queue, event: AttemptStarted) -> Queue:
    """The queue after an attempt has started.

    A promotion overtakes whoever waited already when its lease was granted. One that waits since then called
    later: the holder of a lease needs some time to start.
    """
    if event.kind is not Kind.PROMOTE:
        return queue
    passed = (event.stage, event.token)
    return tuple(
        replace(one, overtaken_by=event.attempt) if (one.queued.stage, one.lease) == passed else one
        for one in queue
    )


def newest(queue: Queue, stage: str, at: float, gone: Collection[Holder]) -> Waiting | None:
    """Of those that wait for this stage at that time, the one that began last.

    One whose process is `gone`, or whose time is over, waits no longer, whatever it could still record.
    """
    alive = (
        one
        for one in reversed(queue)
        if one.queued.stage == stage and at < one.queued.until and one.queued.holder not in gone
    )
    return next(alive, None)
