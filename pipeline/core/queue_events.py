"""The events of promotions that wait for a locked stage. One that finds it free writes none of them."""

from dataclasses import dataclass
from enum import Enum

from pipeline.core.actor import Actor
from pipeline.core.site_events import Holder


class Leaving(Enum):
    """Why a promotion waits no longer."""

    STARTED = "started"
    SUPERSEDED = "superseded"  # a newer one goes instead
    GAVE_UP = "gave up"  # its time was over, it was interrupted, or it may not enter any more


@dataclass(frozen=True, slots=True)
class PromotionQueued:
    """A promotion waits for a stage, in the process `holder` and at most until then (seconds since 1970).

    Its ticket is the number of this event.
    """

    stage: str
    release: str
    holder: Holder
    until: float
    by: Actor


@dataclass(frozen=True, slots=True)
class PromotionDequeued:
    """A promotion waits no longer."""

    stage: str
    ticket: int
    why: Leaving
