"""What the ledger records: frozen, past tense. The ledger adds the number and the time of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.core.kinds import Kind, NoPlan, Outcome
from pipeline.core.plan import EVERYTHING, Choice, Plan, Roster, Trouble
from pipeline.core.release import Pin
from pipeline.core.retries import Retry
from pipeline.core.stages import StageGraph
from pipeline.core.verdict import Evidence


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease: enough to prove later that the process is gone.

    `started` is the process's start time in clock ticks since boot; `namespace` the pid namespace the pid
    counts in.
    """

    pid: int
    started: int
    boot: str
    namespace: str
    hostname: str


@dataclass(frozen=True, slots=True)
class LeaseTaken:
    """A stage was locked. `why` says how it was free: "free", "expired" or "holder gone"."""

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


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """An attempt began.

    `run` is the id of the run's first attempt; `rolls_back` the attempt that a rollback undoes; `choice` says
    which checks of its gate an ad hoc gate is about.
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


@dataclass(frozen=True, slots=True)
class PlanMade:
    """The release's own code said what it would do; refusals end the attempt."""

    attempt: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class PlanFailed:
    """No plan could be made; nothing was performed. Where a ledger does not say why, it was broken.

    `again` is whether it is tried again, which a transient failure may be.
    """

    attempt: str
    trouble: Trouble
    cause: NoPlan = NoPlan.BROKEN
    again: bool = False


@dataclass(frozen=True, slots=True)
class StepStarted:
    """The intent, written before the effect."""

    attempt: str
    step: str
    number: int


@dataclass(frozen=True, slots=True)
class StepSucceeded:
    """The result, written after the effect. `retries` is what the release's code tried again by itself."""

    attempt: str
    step: str
    receipt: Mapping[str, object] = field(default_factory=dict)
    artifacts: Mapping[str, str] = field(default_factory=dict)
    retries: tuple[Retry, ...] = ()


@dataclass(frozen=True, slots=True)
class StepFailed:
    """The step did not reach what it wanted. A transient failure may be tried again.

    `retries` is what the release's code tried again by itself before.
    """

    attempt: str
    step: str
    trouble: Trouble
    transient: bool = False
    retries: tuple[Retry, ...] = ()


@dataclass(frozen=True, slots=True)
class GateStarted:
    """A gate is about to run; its evidence goes to `directory`, below the site."""

    attempt: str
    gate: str
    number: int
    directory: str


@dataclass(frozen=True, slots=True)
class GateJudged:
    """A gate ended.

    `roster` and `environment` (a digest) say what the evidence is about; `report` is the sha256 of the
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
    """What the stage looked like before anything was rolled back, below the site."""

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
    """An engine went on with the attempt, under a new token."""

    attempt: str
    token: int


@dataclass(frozen=True, slots=True)
class AbortRequested:
    """Somebody gave the attempt up."""

    attempt: str
    keep: bool


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """The attempt is over."""

    attempt: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class HoldPlaced:
    """The line was stopped: for one stage, or for all (stage None)."""

    stage: str | None
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class HoldLifted:
    """The line moves again."""

    stage: str | None
    by: str


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
Event = LeaseTaken | LeaseReturned | ReleasePinned | HoldPlaced | HoldLifted | AttemptEvent


@dataclass(frozen=True, slots=True)
class Record:
    """An event in the ledger: its number (from 1, no gaps) and when it was written (seconds since 1970)."""

    seq: int
    at: float
    event: Event
