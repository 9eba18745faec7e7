"""What the engine needs from the world. Every implementation passes the contract suite in tests/contract/."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipeline.core.errors import ConfigProblem, StagegateError
from pipeline.core.events import Event, Record
from pipeline.core.judgement import SuiteRun
from pipeline.core.leases import Lease
from pipeline.core.plan import Plan, Roster, RosterEntry, Step, Trouble
from pipeline.core.release import Pin
from pipeline.core.retries import Retry
from pipeline.core.stages import StageGraph


class Ledger(Protocol):
    """The append-only record, and the leases on stages. Safe to use from several threads and processes."""

    def read(self, after: int = 0) -> Sequence[Record]:
        """Every event numbered above `after`, in order.

        An untouched ledger is empty, and reading creates nothing.
        """

    def append(
        self, events: Sequence[Event], *, lease: Lease | None = None, head: int | None = None
    ) -> Sequence[Record]:
        """Add events in one act: all of them or none, on the disk when it returns.

        With `lease`, only while that lease is the newest of its stage (else LeaseLost). With `head`, only
        while the last event has that number (else LedgerMoved). A ledger busy for too long raises TryAgain.
        """

    def acquire(self, stage: str, purpose: str, ttl_s: float) -> Lease:
        """Take the lease when it is free, expired, or its holder provably gone; record it as LeaseTaken.

        The token is on the disk for the appliers' sake before this returns. Raises StageLocked otherwise.
        """

    def renew(self, lease: Lease, ttl_s: float) -> Lease:
        """The same lease with a later end. Raises LeaseLost when it has been taken over."""

    def give_back(self, lease: Lease) -> None:
        """Free the stage and record it. A lease that was taken over is left alone."""

    def lease_on(self, stage: str) -> Lease | None:
        """Whoever holds the stage now, expired or not; None when it is free."""

    def worker_on(self, stage: str) -> Lease | None:
        """Whoever may be working on the stage now; None when nobody: free, expired, or its holder is gone."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """The code and config at hand, as a pin, with what is needed to materialise it.

    Nothing is written yet.
    """

    pin: Pin
    repository: Path
    config_repository: Path | None
    config_commit: str
    config_directory: Path | None


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit between two releases."""

    id: str
    subject: str


class Revisions(Protocol):
    """Where code and config come from, and where a release's copy lies."""

    def identify(self, config: str | None) -> Checkout:
        """The pair the checkout stands for. Raises DirtyTree with the files, or UsageProblem."""

    def materialise(self, checkout: Checkout) -> None:
        """Put the pair under the site, done whole or not at all; a second time does nothing."""

    def loose(self, config: str | None) -> AbstractContextManager[Path]:
        """The config directory of the working tree or of `config`, as it is now, pinned or not."""

    def commits_between(self, older: str, newer: str) -> Sequence[Commit]:
        """The commits of the code that `newer` has and `older` has not, newest first; empty when unknown."""

    def settings(self, release: str) -> Mapping[str, str]:
        """Every key of a materialised release's config, as `file: path.to.key`, with its value as text."""

    def packages(self, release: str) -> Mapping[str, str]:
        """Every package of a materialised release's locks, as `file: name`, with its version."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a release's own code is told about the work. `token` is absent for calls that change nothing."""

    stage: str
    release: str
    first: bool = False
    artifacts: Mapping[str, str] = field(default_factory=dict)
    token: int | None = None
    promotion: str | None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Every mistake in the config; without any, the stages it names."""

    problems: tuple[ConfigProblem, ...]
    graph: StageGraph


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step ended: without `trouble` it succeeded. `retries` is what it tried again by itself."""

    trouble: Trouble | None = None
    transient: bool = False
    receipt: Mapping[str, object] = field(default_factory=dict)
    artifacts: Mapping[str, str] = field(default_factory=dict)
    retries: tuple[Retry, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """What a gate looks at: the path of target.json, and the digest of image, manifests and topology."""

    path: Path
    environment: str


class Deployer(Protocol):
    """The release's own `stages`.

    Every method may raise ChildCrashed, ChildRefused, ProtocolNotSpoken, and TryAgain or UsageProblem when
    the release cannot be run here. Steps may be performed side by side.
    """

    def check(self, release: str) -> CheckResult:
        """Read the config of a materialised release."""

    def plan(self, context: Context) -> Plan:
        """Observe, then differ; changes nothing."""

    def begin(self, context: Context, plan: Plan) -> None:
        """Begin the deployment that this plan is of, steps or none: its journals count from now on."""

    def fence(self, context: Context) -> Sequence[str]:
        """Show every running host of the stage the token, so that it refuses older ones; the hosts' names."""

    def perform(self, context: Context, step: Step) -> StepResult:
        """Take one step. Performing it again after a crash anywhere converges."""

    def roster(self, context: Context, gate: str) -> Roster:
        """What the gate must see."""

    def target(self, context: Context) -> Target:
        """Write target.json and say where it is."""

    def collect(self, context: Context, into: Path) -> Sequence[str]:
        """Write what the stage looks like into a directory; the files' paths within it."""


class Gates(Protocol):
    """The release's own `suites`."""

    def run(self, context: Context, gate: str, target: Target, roster: Roster, into: Path) -> SuiteRun:
        """Run the suite; evidence lies in `into` afterwards, partial when the suite did not come to its end.

        It is ended when nothing is heard of it for `roster.within_s` seconds.
        """


class Clock(Protocol):
    """Time, passed in."""

    def now(self) -> float:
        """Seconds since 1970."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A check of a running gate that ended; by then `done` of the `wanted` entries of its roster were run.

    `retakes` is how often what it measures had to be measured once more.
    """

    gate: str
    entry: RosterEntry
    outcome: str
    seen: str
    done: int
    wanted: int
    retakes: int = 0

    def line(self) -> str:
        """The check and its outcome for people; what was seen only when it did not pass."""
        seen = f": {self.seen}" if self.outcome != "passed" and self.seen else ""
        taken = f" (retakes: {self.retakes})" if self.retakes else ""
        return f"{self.entry.component}/{self.entry.check} {self.outcome}{taken}{seen}"


class Notifier(Protocol):
    """Who is told what happens while it happens. Called from several threads, and from signal handlers."""

    def recorded(self, record: Record) -> None:
        """An event was written."""

    def progress(self, message: str, host: str | None = None) -> None:
        """Something moved within a step or gate."""

    def checked(self, check: Checked) -> None:
        """A check of a gate ended."""


class Interrupts(Protocol):
    """Whether somebody asked us to stop."""

    def requested(self) -> int | None:
        """The number of the signal that asked, or None."""

    def killed(self) -> bool:
        """Whether children were killed, so that a failure they report means nothing."""

    def kill_children(self) -> None:
        """End every child process now."""

    def driving(self) -> AbstractContextManager[None]:
        """Inside, a first signal asks and a second kills the children; outside, one raises RunInterrupted."""


class Keeper(Protocol):
    """Renews a lease while a run goes on."""

    def keeping(self, lease: Lease) -> AbstractContextManager[Callable[[], StagegateError | None]]:
        """While inside, the lease does not expire.

        Gives a question to ask at any time: why it can be kept no longer, None while all is well. Children
        are killed when that happens.
        """


@dataclass(frozen=True, slots=True)
class Fitness:
    """One thing a machine needs, and whether it has it."""

    check: str
    ok: bool
    seen: str
    wanted: str
    next: str


@dataclass(frozen=True, slots=True)
class LabHost:
    """One host of the lab as it is now."""

    stage: str
    host: str
    role: str
    state: str
    address: str
    image: str


class StageTools(Protocol):
    """What the checkout's `stages` offers beside deploying.

    Every method may raise ChildCrashed or ChildRefused.
    """

    def doctor(self) -> Sequence[Fitness]:
        """Is this machine fit?"""

    def lab_status(self, stage: str | None) -> Sequence[LabHost]:
        """The hosts of a stage's lab, or of all."""

    def lab_down(self, stage: str | None, tokens: Mapping[str, int]) -> Sequence[str]:
        """Remove a stage's lab, or all of the site with its images; what was removed.

        `tokens` are those of the leases held for it, by stage.
        """

    def lab_exec(self, stage: str, argv: Sequence[str]) -> int:
        """Run a command where the stage can be reached, on our own stdin and stdout; its exit status."""
