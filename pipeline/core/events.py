"""The events of the ledger: frozen, in the past tense. The ledger adds the number and time of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.core.actor import NOBODY, Actor
from pipeline.core.approval import Approval, GivenApproval
from pipeline.core.ci_job import CiJob
from pipeline.core.gate_events import GateJudged, GateStarted, ShardJudged, ShardStarted
from pipeline.core.kinds import Kind, NoPlan, Outcome
from pipeline.core.plan import EVERYTHING, Bootstrap, Choice, Plan, Trouble
from pipeline.core.retries import Retry
from pipeline.core.site_events import (
    ApprovalWithdrawn,
    Archived,
    Delivered,
    FreezePeriodsRead,
    GateOverridden,
    Holder,
    HoldLifted,
    HoldPlaced,
    LeaseReturned,
    LeaseTaken,
    Leaving,
    LineSet,
    OutboxOpened,
    OverrideWithdrawn,
    PromotionApproved,
    PromotionDequeued,
    PromotionQueued,
    RejectionWithdrawn,
    ReleasePinned,
    ReleaseRejected,
    SiteEvent,
)

__all__ = [
    "AbortRequested",
    "ApprovalWithdrawn",
    "Archived",
    "AttemptEnded",
    "AttemptEvent",
    "AttemptStarted",
    "Delivered",
    "DiagnosticsCollected",
    "Event",
    "FreezePeriodsRead",
    "GateJudged",
    "GateOverridden",
    "GateStarted",
    "HoldLifted",
    "HoldPlaced",
    "Holder",
    "Interrupted",
    "LeaseReturned",
    "LeaseTaken",
    "Leaving",
    "LegStarted",
    "LineSet",
    "OutboxOpened",
    "OverrideWithdrawn",
    "PlanFailed",
    "PlanMade",
    "PromotionApproved",
    "PromotionDequeued",
    "PromotionQueued",
    "Record",
    "RejectionWithdrawn",
    "ReleasePinned",
    "ReleaseRejected",
    "Resumed",
    "ShardJudged",
    "ShardStarted",
    "StepFailed",
    "StepStarted",
    "StepSucceeded",
]


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """An attempt began.

    `run` is the run's first attempt; `rolls_back` the one that a rollback undoes, None if a person asked for
    it; `choice` selects the checks of an ad hoc gate; `by` is who began the run. `anew` is whether its gates
    reuse nothing. `expects` is the digest of the plan asked for or approved, empty for any; `approvals` let
    it in, `given` are those on a forge. `bootstrap` is what is done about lost clusters; `redeploy` the host
    replaced; `job` its CI job.
    """

    attempt: str
    run: str
    kind: Kind
    stage: str
    release: str
    gates: tuple[str, ...]
    token: int
    first: bool = False
    keep: bool = False
    rolls_back: str | None = None
    choice: Choice = EVERYTHING
    by: Actor = NOBODY
    anew: bool = False
    expects: str = ""
    approvals: tuple[Approval, ...] = ()
    bootstrap: Bootstrap | None = None
    redeploy: str | None = None
    job: CiJob | None = None
    given: tuple[GivenApproval, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanMade:
    """The release's own code returned its plan; refusals end the attempt."""

    attempt: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class PlanFailed:
    """No plan could be made; nothing was performed.

    `cause` is BROKEN in records that have none. `again` is whether it is retried, which requires a transient
    failure.
    """

    attempt: str
    trouble: Trouble
    cause: NoPlan = NoPlan.BROKEN
    again: bool = False


@dataclass(frozen=True, slots=True)
class LegStarted:
    """A leg of a plan with legs began; policy let it, if the leg asks for that."""

    attempt: str
    leg: str


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step is about to run: the intent, written before the effect."""

    attempt: str
    step: str
    number: int


@dataclass(frozen=True, slots=True)
class StepSucceeded:
    """A step succeeded: written after the effect. `retries` are those of the release's own code."""

    attempt: str
    step: str
    receipt: Mapping[str, object] = field(default_factory=dict)
    artifacts: Mapping[str, str] = field(default_factory=dict)
    retries: tuple[Retry, ...] = ()


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A step failed; a transient failure may be retried. `retries` are those of the release's own code."""

    attempt: str
    step: str
    trouble: Trouble
    transient: bool = False
    retries: tuple[Retry, ...] = ()


@dataclass(frozen=True, slots=True)
class DiagnosticsCollected:
    """The state of the stage was saved before any rollback. `directory` is relative to the site."""

    attempt: str
    directory: str
    files: tuple[str, ...] = ()
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The engine stopped in an orderly way; the attempt can be resumed."""

    attempt: str
    reason: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """An engine continued the attempt, under a new token; `job` is the CI job that it is in, if any."""

    attempt: str
    token: int
    by: Actor = NOBODY
    job: CiJob | None = None


@dataclass(frozen=True, slots=True)
class AbortRequested:
    """Someone abandoned the attempt."""

    attempt: str
    keep: bool
    by: Actor = NOBODY


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """The attempt is over.

    `untouched` is whether a rollback by hand was refused, so its stage is as it was. Engines from before
    schema 9 took that for a rollback that failed, and would call another outcome damage.
    """

    attempt: str
    outcome: Outcome
    untouched: bool = False


AttemptEvent = (
    AttemptStarted
    | PlanMade
    | PlanFailed
    | LegStarted
    | StepStarted
    | StepSucceeded
    | StepFailed
    | GateStarted
    | GateJudged
    | ShardStarted
    | ShardJudged
    | DiagnosticsCollected
    | Interrupted
    | Resumed
    | AbortRequested
    | AttemptEnded
)
Event = SiteEvent | AttemptEvent


@dataclass(frozen=True, slots=True)
class Record:
    """An event in the ledger: its number (from 1, no gaps) and when it was written (seconds since 1970)."""

    seq: int
    at: float
    event: Event
