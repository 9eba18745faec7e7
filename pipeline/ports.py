"""What the engine needs from outside. Every implementation passes the contract tests in tests/contract/."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipeline.core.chain import Head
from pipeline.core.checked import Checked
from pipeline.core.errors import ConfigProblem, StagegateError
from pipeline.core.events import Event, Record
from pipeline.core.history import History
from pipeline.core.judgement import SuiteRun
from pipeline.core.leases import Lease
from pipeline.core.migrated import Migrated
from pipeline.core.plan import Bootstrap, Plan, Roster, Step, Trouble
from pipeline.core.planes import PlanesSeen
from pipeline.core.release import Commit, Pin
from pipeline.core.retries import Retry
from pipeline.core.rows import Row
from pipeline.core.snapshot import Snapshot
from pipeline.core.stages import StageGraph
from pipeline.core.swept import Swept


class Ledger(Protocol):
    """The append-only record, and the leases on stages. Safe to use from several threads and processes."""

    def read(self, after: int = 0, most: int | None = None) -> Sequence[Record]:
        """Every event numbered above `after`, in order, or the first `most` of them.

        A ledger that was never written to is empty, and reading it creates nothing. Raises LedgerDamaged.
        """

    def rows(self) -> Iterable[Row]:
        """Every event as it is stored, in order, damaged ones included. Changes nothing.

        They are read as they are asked for, and nobody who appends waits meanwhile.
        """

    def head(self) -> Head:
        """The last event's number and digest, as they are stored. Changes nothing."""

    def digest(self, seq: int) -> str | None:
        """The digest of this event as it is stored; None if there is no such event, or it has none yet."""

    def append(
        self, events: Sequence[Event], *, lease: Lease | None = None, head: int | None = None
    ) -> Sequence[Record]:
        """Append events in one transaction; they are on disk when it returns.

        With `lease`, raises LeaseLost unless that lease is the newest of its stage. With `head`, raises
        LedgerMoved unless the last event has that number. Raises TryAgain when the ledger is busy too long.
        """

    def acquire(self, stage: str, purpose: str, ttl_s: float) -> Lease:
        """Take the lease if it is free or expired, or its holder is provably gone, and record LeaseTaken.

        The token is on disk before this returns, for the appliers. Raises StageLocked otherwise.
        """

    def renew(self, lease: Lease, ttl_s: float) -> Lease:
        """Extend the lease. Raises LeaseLost when it has been taken over."""

    def give_back(self, lease: Lease) -> None:
        """Release the lease and record it. Does nothing to a lease that was taken over."""

    def lease_on(self, stage: str) -> Lease | None:
        """The current lease on the stage, expired or not; None when there is none."""

    def worker_on(self, stage: str) -> Lease | None:
        """The lease on the stage; None when it is free or expired, or its holder is gone."""

    def fill(self, found: Sequence[Row]) -> None:
        """Take over all rows of another ledger, as they are. Nobody holds a stage, and tokens go on.

        The rows are intact and have digests. Raises LedgerMoved unless this ledger is empty.
        """

    def migrate(self) -> Migrated:
        """Bring the tables to the schema of this version. Raises LedgerNotUnderstood for a newer one."""


class Snapshots(Protocol):
    """States of the site, folded by this version. All may be thrown away at any time."""

    def newest(self) -> Snapshot | None:
        """The newest snapshot; None when there is none, or it is damaged. It may be of another ledger."""

    def keep(self, history: History, head: Head, since: Snapshot | None) -> None:
        """Keep the state after `head`, if possible; `history` was folded from `since`."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """The code and config of the checkout as a pin, with what `materialise` needs. Nothing is written yet."""

    pin: Pin
    repository: Path
    config_repository: Path | None
    config_commit: str
    config_directory: Path | None


class Revisions(Protocol):
    """Where code and config come from, and where the copies of releases are kept."""

    def identify(self, config: str | None) -> Checkout:
        """The pair of code and config in the checkout. Raises DirtyTree with the files, or UsageProblem."""

    def materialise(self, checkout: Checkout) -> None:
        """Copy the pair into the site, atomically; does nothing if the copy exists."""

    def require_copy(self, release: str) -> None:
        """Raise UsageProblem unless the release's copy is in the site, or could be brought from the store.

        May raise TryAgain and ObjectDamaged if it would have to come from there.
        """

    def require_pinnable(self, config: str) -> None:
        """Raise Unpinnable, which names the file, if no release could hold this config as it is committed.

        Raises UsageProblem if it cannot be read.
        """

    def loose(self, config: str | None) -> AbstractContextManager[Path]:
        """The config directory of the working tree or of `config`, as it is now, pinned or not."""

    def commits_between(self, older: str, newer: str) -> Sequence[Commit]:
        """The code commits that are in `newer` but not in `older`, newest first; empty when unknown."""

    def settings(self, release: str) -> Mapping[str, str]:
        """Each key of a release's config, `file: path.to.key`, and its value. UsageProblem without a copy."""

    def packages(self, release: str) -> Mapping[str, str]:
        """Each package of a release's locks, `file: name`, and its version. UsageProblem without a copy."""


@dataclass(frozen=True, slots=True)
class Context:
    """The context that a release's own code is called with. `token` is None for calls that change nothing.

    `bootstrap`, `redeploy`, a host, `retire` and `rollback`, which are True or None, are for `plan`. Older
    releases ignore them, and their plans do not say what was found, redeployed or retired. `leg` is the leg
    that a step or gate belongs to, in a plan with legs.
    """

    stage: str
    release: str
    first: bool = False
    artifacts: Mapping[str, str] = field(default_factory=dict)
    token: int | None = None
    promotion: str | None = None
    bootstrap: Bootstrap | None = None
    redeploy: str | None = None
    retire: bool | None = None
    rollback: bool | None = None
    leg: str | None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Every problem in the config, and, if there is none, the stages that it names."""

    problems: tuple[ConfigProblem, ...]
    graph: StageGraph


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step ended: without `trouble` it succeeded. `retries` are those of the release's own code."""

    trouble: Trouble | None = None
    transient: bool = False
    receipt: Mapping[str, object] = field(default_factory=dict)
    artifacts: Mapping[str, str] = field(default_factory=dict)
    retries: tuple[Retry, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """What a gate tests: the path of target.json."""

    path: Path


class Deployer(Protocol):
    """The release's own `stages`.

    Every method may raise ChildCrashed, ChildRefused, ProtocolNotSpoken, and TryAgain or UsageProblem when
    the release cannot run here. Steps may be performed in parallel.
    """

    def check(self, release: str, config: Path | None = None) -> CheckResult:
        """Read the config of a materialised release, or with its code another directory."""

    def plan(self, context: Context) -> Plan:
        """Compare the observed with the desired state; changes nothing."""

    def begin(self, context: Context, plan: Plan) -> None:
        """Begin the planned deployment, with or without steps: its journals are judged from now on."""

    def fence(self, context: Context) -> Sequence[str]:
        """Send the token to the stage's running hosts, which then refuse older ones; return their names."""

    def perform(self, context: Context, step: Step) -> StepResult:
        """Perform one step. It may be repeated after a crash at any point, with the same result."""

    def roster(self, context: Context, gate: str) -> Roster:
        """What the gate must see."""

    def target(self, context: Context) -> Target:
        """Write target.json and return its path."""

    def collect(self, context: Context, into: Path) -> Sequence[str]:
        """Write the state of the stage into a directory; return the files' paths relative to it."""

    def planes(self, context: Context) -> PlanesSeen:
        """What stands of the stage, and who answers its services; changes nothing.

        Raises ChildRefused where it can't be asked, and if the release was pinned before there was this.
        """


class Gates(Protocol):
    """The release's own `suites`."""

    def watches(self, context: Context, gate: str) -> Mapping[str, tuple[str, ...]]:
        """The components that checks of the gate look at, by "component/check", if more than their own.

        Raises ChildCrashed, and what the release's own code raises when it cannot run here.
        """

    def divisible(self, context: Context, gate: str) -> bool:
        """Whether several processes may run its checks at once. Raises what `watches` raises."""

    def take(self, gate: str, roster: Roster, reused: Mapping[str, str], into: Path) -> None:
        """Leave in `into` what need not be run, with the attempts that ran it, and the roster."""

    def run(self, context: Context, gate: str, target: Target, roster: Roster, into: Path) -> SuiteRun:
        """Run the suite, which leaves its evidence in `into`; it is partial when the suite did not finish.

        Of a partial roster, only the checks in it are run.
        The suite is ended when it writes nothing for `roster.within_s` seconds.
        """

    def sweep(self, context: Context, target: Target, *, clear: bool) -> Swept:
        """What gates have left in the stage; with `clear`, what can be removed is. Raises ChildCrashed."""


class Clock(Protocol):
    """The time, and waiting."""

    def now(self) -> float:
        """Seconds since 1970."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Notifier(Protocol):
    """Receiver of live reports. Called from several threads, and from signal handlers."""

    def recorded(self, record: Record) -> None:
        """An event was written."""

    def progress(self, message: str, host: str | None = None) -> None:
        """A step or gate made progress."""

    def checked(self, check: Checked) -> None:
        """A check of a gate ended."""


class Interrupts(Protocol):
    """Requests to stop, made by signals."""

    def requested(self) -> int | None:
        """The number of the signal that requested a stop, or None."""

    def killed(self) -> bool:
        """Whether children were killed, so that the failures they report mean nothing."""

    def kill_children(self) -> None:
        """Kill every child process now."""

    def driving(self) -> AbstractContextManager[None]:
        """Let the first signal request a stop, the second kill children; before, RunInterrupted is raised."""


class Keeper(Protocol):
    """Renews a lease during a run."""

    def keeping(self, lease: Lease) -> AbstractContextManager[Callable[[], StagegateError | None]]:
        """Keep the lease from expiring while inside.

        Yields a function that returns why the lease can no longer be kept, or None while it can. The children
        are killed when the lease is lost.
        """
