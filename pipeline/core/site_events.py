"""The events of a site that belong to no attempt: leases, releases, rules, holds, waiting, what is where."""

from dataclasses import dataclass
from enum import Enum

from pipeline.core.actor import NOBODY, Actor
from pipeline.core.freeze_period import FreezePeriod
from pipeline.core.kinds import Kind
from pipeline.core.line import Line
from pipeline.core.release import Pin
from pipeline.core.retries import Retry
from pipeline.core.stages import StageGraph


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a lease, with enough to prove later that it is gone.

    `started` is its start time in clock ticks since boot; `namespace` is the pid namespace of `pid`.
    """

    pid: int
    started: int
    boot: str
    namespace: str
    hostname: str


@dataclass(frozen=True, slots=True)
class LeaseTaken:
    """A stage was locked. `why` says why it could be taken: "free", "expired" or "holder gone"."""

    stage: str
    token: int
    purpose: str
    holder: Holder
    why: str
    from_token: int | None = None


@dataclass(frozen=True, slots=True)
class LeaseReturned:
    """A stage was unlocked by its holder. `retries` are those with which it used a shared ledger."""

    stage: str
    token: int
    retries: tuple[Retry, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleasePinned:
    """A pair of code and config became a release."""

    release: str
    alias: str
    pin: Pin
    stages: StageGraph
    by: Actor = NOBODY


@dataclass(frozen=True, slots=True)
class ReleaseRejected:
    """A release may enter no stage any more, and no rollback goes to it."""

    release: str
    reason: str
    by: Actor


@dataclass(frozen=True, slots=True)
class RejectionWithdrawn:
    """A rejected release may enter stages again."""

    release: str
    reason: str
    by: Actor


@dataclass(frozen=True, slots=True)
class PromotionApproved:
    """A person approved a promotion of a release into a stage, or a retirement, by one plan (its digest)."""

    stage: str
    release: str
    plan: str
    by: Actor
    reason: str = ""
    kind: Kind = Kind.PROMOTE


@dataclass(frozen=True, slots=True)
class ApprovalWithdrawn:
    """A person took their own approval back."""

    stage: str
    release: str
    by: Actor
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LineSet:
    """The site got its line, or another one: who set it, and where it was read from."""

    line: Line
    by: Actor
    source: str


@dataclass(frozen=True, slots=True)
class GateOverridden:
    """A person lets a release go on in a stage although this gate does not pass there.

    `until` is when that ends by itself (seconds since 1970).
    """

    stage: str
    release: str
    gate: str
    reason: str
    by: Actor
    until: float | None = None


@dataclass(frozen=True, slots=True)
class OverrideWithdrawn:
    """An override was taken back. Verdicts that it carried before stay as they are."""

    stage: str
    release: str
    gate: str
    reason: str
    by: Actor


@dataclass(frozen=True, slots=True)
class HoldPlaced:
    """Promotions were stopped: into one stage, or into every stage (`stage` None).

    `hold` is its id; records of schema 2 have none. `until` is when it ends by itself (seconds since 1970).
    """

    stage: str | None
    reason: str
    by: Actor
    hold: str = ""
    until: float | None = None


@dataclass(frozen=True, slots=True)
class HoldLifted:
    """A hold was lifted. In records of schema 2, `hold` is empty: the hold on `stage` was lifted."""

    stage: str | None
    by: Actor
    hold: str = ""


class Leaving(Enum):
    """Why a promotion waits no longer."""

    STARTED = "started"
    SUPERSEDED = "superseded"  # a newer one goes instead
    GAVE_UP = "gave up"  # its time was over, it was interrupted, or it may not enter any more


@dataclass(frozen=True, slots=True)
class PromotionQueued:
    """A promotion waits for a locked stage, in the process `holder`, until then (seconds since 1970) at most.

    Its ticket is the number of this event. One that finds the stage free writes none.
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


@dataclass(frozen=True, slots=True)
class OutboxOpened:
    """From the next attempt on, a forge is told: this project of the server at `url`.

    `mark` tells this site from others that tell the same project. What waited to be told before is dropped.
    """

    url: str
    project: str
    mark: str
    by: Actor = NOBODY


@dataclass(frozen=True, slots=True)
class Delivered:
    """The forge was told: the thing `key`, with the content that has the digest `version`.

    `remote` is its id there. `environment` is where it is, if it is a deployment. `cursor` is the number of
    the first attempt of which something may still have to be told.
    """

    key: str
    version: str
    remote: str = ""
    environment: str = ""
    cursor: int = 1


@dataclass(frozen=True, slots=True)
class Archived:
    """A folder of the site, named relative to it, is in the store: in the object with this digest.

    It is the copy of a release, or evidence of an attempt. Objects of one folder belong together.
    """

    folder: str
    digest: str


@dataclass(frozen=True, slots=True)
class FreezePeriodsRead:
    """A forge said when it is frozen: the calendar of this project of the server at `url`.

    `retries` are those with which it was asked.
    """

    url: str
    project: str
    periods: tuple[FreezePeriod, ...]
    retries: tuple[Retry, ...] = ()


SiteEvent = (
    LeaseTaken
    | LeaseReturned
    | ReleasePinned
    | ReleaseRejected
    | RejectionWithdrawn
    | PromotionApproved
    | ApprovalWithdrawn
    | LineSet
    | GateOverridden
    | OverrideWithdrawn
    | HoldPlaced
    | HoldLifted
    | PromotionQueued
    | PromotionDequeued
    | OutboxOpened
    | Delivered
    | Archived
    | FreezePeriodsRead
)
