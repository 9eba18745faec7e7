"""The small fakes: a clock that stands still, a notifier that keeps what it hears, revisions without git."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.core.errors import DirtyTree, StagegateError
from pipeline.core.events import Record
from pipeline.core.leases import Lease
from pipeline.core.release import Pin
from pipeline.ports import Checked, Checkout, Commit, Fitness, LabHost


@dataclass(slots=True)
class StoppedClock:
    """Time moves only when somebody sleeps, or when a test sets `time`."""

    time: float = 1_000_000.0

    def now(self) -> float:
        """Seconds since 1970, as a test has them."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Move the time on, at once."""
        self.time += seconds


@dataclass(slots=True)
class Quiet:
    """A notifier that keeps what it is told.

    Interrupts that a test asks for; a keeper that has nothing to do.
    """

    records: list[Record] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    checks: list[Checked] = field(default_factory=list)
    signal: int | None = None
    after: int | None = None
    kills: int = 0
    lost: StagegateError | None = None
    on_progress: Callable[[], None] = lambda: None

    def recorded(self, record: Record) -> None:
        """Keep it."""
        self.records.append(record)
        if self.after is not None and len(self.records) >= self.after:
            self.signal = 15

    def progress(self, message: str, host: str | None = None) -> None:
        """Keep it."""
        self.messages.append(f"{host}: {message}" if host else message)
        self.on_progress()

    def checked(self, check: Checked) -> None:
        """Keep it, and its line."""
        self.checks.append(check)
        self.progress(check.line(), check.entry.host or None)

    def requested(self) -> int | None:
        """The signal the test asks for."""
        return self.signal

    def killed(self) -> bool:
        """Whether children were killed."""
        return self.kills > 0

    def kill_children(self) -> None:
        """Count it."""
        self.kills += 1

    @contextmanager
    def driving(self) -> Iterator[None]:
        """Nothing to do."""
        yield

    @contextmanager
    def keeping(self, lease: Lease) -> Iterator[Callable[[], StagegateError | None]]:  # noqa: ARG002 - the port's signature
        """Nothing to do: time stands still. The test says when the lease is `lost`."""
        yield lambda: self.lost


@dataclass(slots=True)
class FakeRevisions:
    """A checkout that is whatever `pin` says; `dirty` makes it refuse.

    `materialised` are the ids copied so far.
    """

    pin: Pin
    dirty: bool = False
    materialised: list[str] = field(default_factory=list)

    def identify(self, config: str | None) -> Checkout:  # noqa: ARG002 - the port's signature
        """The pin, or DirtyTree."""
        if self.dirty:
            raise DirtyTree(
                "the checkout has uncommitted changes, which no release can hold",
                why="M a.py",
                next="git commit",
            )
        return Checkout(self.pin, Path(), None, "", None)

    def materialise(self, checkout: Checkout) -> None:
        """Remember it."""
        if checkout.pin.id not in self.materialised:
            self.materialised.append(checkout.pin.id)

    @contextmanager
    def loose(self, config: str | None) -> Iterator[Path]:
        """Some path."""
        yield Path(config or "config")

    def commits_between(self, older: str, newer: str) -> Sequence[Commit]:
        """One commit that says what it is between."""
        return (Commit(newer, f"from {older} to {newer}"),)

    def settings(self, release: str) -> Mapping[str, str]:
        """One key that says which release it is."""
        return {"stagegate.yaml: release": release[:6], "stagegate.yaml: schema": "1"}

    def packages(self, release: str) -> Mapping[str, str]:
        """One package that says which release it is."""
        return {"runtime.txt: thing": release[:6]}


@dataclass(slots=True)
class FakeTools:
    """The StageTools port with fixed answers; `fit` False makes the doctor find one thing.

    `calls` are kept.
    """

    fit: bool = True
    calls: list[str] = field(default_factory=list)

    def doctor(self) -> Sequence[Fitness]:
        """One finding."""
        return (Fitness("root", self.fit, "uid 0" if self.fit else "uid 1000", "uid 0", "sudo -i"),)

    def lab_status(self, stage: str | None) -> Sequence[LabHost]:
        """One host."""
        return (LabHost(stage or "dev", "database-1", "database", "running", "10.0.0.33", "sha256:1"),)

    def lab_down(self, stage: str | None, tokens: Mapping[str, int]) -> Sequence[str]:
        """Keep the call."""
        self.calls.append(f"down {stage}" + (f" with {dict(tokens)}" if tokens else ""))
        return ("sg-site-dev-database-1",)

    def lab_exec(self, stage: str, argv: Sequence[str]) -> int:
        """Keep the call; the exit status is the number of words."""
        self.calls.append(f"exec {stage} {' '.join(argv)}")
        return len(argv)
