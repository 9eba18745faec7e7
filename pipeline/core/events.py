"""The events of the ledger: frozen, in the past tense. The ledger adds the number and time of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.core.actor import NOBODY, Actor
from pipeline.core.kinds import Kind, NoPlan, Outcome
from pipeline.core.line import Line
from pipeline.core.plan import EVERYTHING, Choice, Plan, Roster, Trouble
from pipeline.core.release import Pin
from pipeline.core.retries import Retry
from pipeline.core.stages import StageGraph
from pipeline.core.verdict import Evidence


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
    """A stage was unlocked by its holder."""

    stage: str
    token: int


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
class LineSet:
    """The site got its line, or another one: who set it, and where it was read from."""

    line: Line
    by: Actor
    source: str


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """An attempt began.

    `run` is the id of the run's first attempt; `rolls_back` is the attempt that a rollback undoes, None if a
    person asked for it; `choice` selects the checks that an ad hoc gate runs; `by` is who began the run.
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
class GateStarted:
    """A gate is about to run; its evidence goes to `directory`, relative to the site."""

    attempt: str
    gate: str
    number: int
    directory: str


@dataclass(frozen=True, slots=True)
class GateJudged:
    """A gate ended.

    `roster` and `environment` (a digest) are what the evidence is about; `report` is the sha256 of the
    report, empty when there was none.
    """

    attempt: str
    gate: str
    number: int
    evidence: Evidence
    roster: Roster | None = None
    environment: str = ""
    report: str = ""


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
    """An engine continued the attempt, under a new token."""

    attempt: str
    token: int
    by: Actor = NOBODY


@dataclass(frozen=True, slots=True)
class AbortRequested:
    """Someone abandoned the attempt."""

    attempt: str
    keep: bool
    by: Actor = NOBODY


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """The attempt is over."""

    attempt: str
    outcome: Outcome


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


AttemptEvent = (
    AttemptStarted
    | PlanMade
    | PlanFailed
    | StepStarted
    | StepSucceeded
    | StepFailed
    | GateStarted
    | GateJudged
    | DiagnosticsCollected
    | Interrupted
    | Resumed
    | AbortRequested
    | AttemptEnded
)
Event = (
    LeaseTaken
    | LeaseReturned
    | ReleasePinned
    | ReleaseRejected
    | RejectionWithdrawn
    | LineSet
    | HoldPlaced
    | HoldLifted
    | AttemptEvent
)


@dataclass(frozen=True, slots=True)
class Record:
    """An event in the ledger: its number (from 1, no gaps) and when it was written (seconds since 1970)."""

    seq: int
    at: float
    event: Event
