"""The small fakes: a stopped clock, a notifier that records its calls, revisions without git, tools."""

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.core.checked import Checked
from pipeline.core.errors import DirtyTree, StagegateError, Unpinnable, UsageProblem
from pipeline.core.events import Record
from pipeline.core.leases import Lease
from pipeline.core.release import Commit, Pin
from pipeline.ports import Checkout
from pipeline.tool_ports import (
    Checkup,
    Count,
    FileSchema,
    Fitness,
    HostFitness,
    HostProblem,
    InventoryMade,
    Lab,
    LabHost,
    MachineFitness,
    MachinesAsked,
    Scaled,
)


@dataclass(slots=True)
class StoppedClock:
    """A clock that moves only when someone sleeps, or a test sets `time`."""

    time: float = 1_000_000.0

    def now(self) -> float:
        """The time that the test has set, in seconds since 1970."""
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@dataclass(slots=True)
class Quiet:
    """A notifier that records its calls, interrupts that a test requests, and a keeper that does nothing."""

    records: list[Record] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    checks: list[Checked] = field(default_factory=list)
    signal: int | None = None
    after: int | None = None
    kills: int = 0
    lost: StagegateError | None = None
    on_progress: Callable[[], None] = lambda: None

    def recorded(self, record: Record) -> None:
        """Keep the event; request a stop after `after` of them."""
        self.records.append(record)
        if self.after is not None and len(self.records) >= self.after:
            self.signal = 15

    def progress(self, message: str, host: str | None = None) -> None:
        self.messages.append(f"{host}: {message}" if host else message)
        self.on_progress()

    def checked(self, check: Checked) -> None:
        self.checks.append(check)
        self.progress(check.line(), check.entry.host or None)

    def terminate(self) -> None:
        """Receive SIGTERM: the first requests an end, the second kills the children."""
        if self.signal is not None:
            self.kill_children()
        self.signal = signal.SIGTERM

    def requested(self) -> int | None:
        return self.signal

    def killed(self) -> bool:
        return self.kills > 0

    def kill_children(self) -> None:
        self.kills += 1

    @contextmanager
    def driving(self) -> Iterator[None]:
        """Do nothing."""
        yield

    @contextmanager
    def keeping(self, lease: Lease) -> Iterator[Callable[[], StagegateError | None]]:  # noqa: ARG002 - the port's signature
        """Do nothing, since time stands still. The test sets why the lease is `lost`."""
        yield lambda: self.lost


@dataclass(slots=True)
class FakeRevisions:
    """A checkout whose pair is `pin`; `dirty` makes it refuse. `materialised` are the ids copied so far.

    No release can hold the configs in `unpinnable`. What is after the @ of a config is its digest.
    """

    pin: Pin
    dirty: bool = False
    materialised: list[str] = field(default_factory=list)
    unpinnable: set[str] = field(default_factory=set)

    def identify(self, config: str | None) -> Checkout:
        if self.dirty:
            raise DirtyTree(
                "the checkout has uncommitted changes, which no release can hold",
                why="M a.py",
                next="git commit",
            )
        self.require_pinnable(config or "")
        digest = (config or "").partition("@")[2] or self.pin.config
        return Checkout(replace(self.pin, config=digest), Path(), None, "", None)

    def materialise(self, checkout: Checkout) -> None:
        if checkout.pin.id not in self.materialised:
            self.materialised.append(checkout.pin.id)

    def require_pinnable(self, config: str) -> None:
        if config in self.unpinnable:
            raise Unpinnable(
                "a release cannot hold this file", where=f"{config}: 'x'", why="it is a submodule"
            )

    def require_copy(self, release: str) -> None:
        if release not in self.materialised:
            raise UsageProblem("the release's copy is not in this site", next="promote pin")

    @contextmanager
    def loose(self, config: str | None) -> Iterator[Path]:
        yield Path(config or "config")

    def commits_between(self, older: str, newer: str) -> Sequence[Commit]:
        """One commit whose subject names both revisions."""
        return (Commit(newer, f"from {older} to {newer}"),)

    def settings(self, release: str) -> Mapping[str, str]:
        """Two keys, one of which identifies the release."""
        return {"stagegate.yaml: release": release[:6], "stagegate.yaml: schema": "1"}

    def packages(self, release: str) -> Mapping[str, str]:
        """One package whose version identifies the release."""
        return {"runtime.txt: thing": release[:6]}


LEFT = Lab("3fa2b1", "/gone", "gone", ("dev",), 1, 2, 1, 3, 1, 5_000_000, 7_000_000, 1_700_000_000.0, ())


@dataclass(slots=True)
class FakeTools:
    """The StageTools port with fixed answers; `fit` is the doctor's finding. Records its `calls`.

    `listed` is whether the config's order has the stage of an inventory.
    """

    fit: bool = True
    listed: bool = False
    calls: list[str] = field(default_factory=list)
    labs: tuple[Lab, ...] = (LEFT,)

    def doctor(self, stage: str | None) -> Checkup:
        """One requirement of the machine, and of a stage one host, which lacks something if it is not fit."""
        root = Fitness("root", self.fit, "uid 0" if self.fit else "uid 1000", "uid 0", "sudo -i")
        lacks = HostProblem("it has 1 MB of memory", "database-1", "260 MB are needed", "give it more memory")
        seen = HostFitness("database-1", "database", self.fit, "8000 MB", () if self.fit else (lacks,))
        return Checkup((root,), () if stage is None else (seen,))

    def scale(self, stage: str, counts: Mapping[str, int]) -> Scaled:
        """Record the call; each role had one host."""
        self.calls.append(f"scale {stage} {dict(counts)}")
        changes = tuple(Count(role, 1, count) for role, count in counts.items() if count != 1)
        signed = [line for one in changes for line in (f"-  {one.role}: 1", f"+  {one.role}: {one.after}")]
        return Scaled(f"config/stages/{stage}.yaml", changes, tuple(signed))

    def init_inventory(self, asked: MachinesAsked) -> InventoryMade:
        """Record the call; each role's machines are as fit as the doctor's host, and in this order."""
        self.calls.append(f"init inventory {asked.stage} {asked.vip} {asked.key} {asked.namespace}")
        lacks = HostProblem("root can't log in by ssh", "database-1", "Connection refused", "ssh root@it")
        machines = tuple(
            MachineFitness(
                *(f"{role}-{number}", role, address, port, "SHA256:abc", self.fit, "8000 MB"),
                () if self.fit else (lacks,),
            )
            for role, there in asked.addresses.items()
            for number, (address, port) in enumerate(there, 1)
        )
        return InventoryMade(f"config/stages/{asked.stage}.yaml", self.fit, self.listed, machines)

    def json_schemas(self) -> Sequence[FileSchema]:
        """One, for the files of stages."""
        return (FileSchema("stage.json", "stages/*.yaml", {"type": "object"}),)

    def lab_status(self, stage: str | None) -> Sequence[LabHost]:
        return (LabHost(stage or "dev", "database-1", "database", "running", "10.0.0.33", "sha256:1"),)

    def lab_down(self, stage: str | None, tokens: Mapping[str, int]) -> Sequence[str]:
        self.calls.append(f"down {stage}" + (f" with {dict(tokens)}" if tokens else ""))
        return ("sg-site-dev-database-1",)

    def lab_list(self) -> Sequence[Lab]:
        """Those that the test wants; by default one whose site's folder is gone."""
        return self.labs

    def lab_clean(self, site: str) -> Sequence[str]:
        """Record the call."""
        self.calls.append(f"clean {site}")
        return (f"sg-{site}-dev-database-1",)

    def lab_exec(self, stage: str, argv: Sequence[str], preview: str | None = None) -> int:
        """Record the call; the exit status is the number of arguments."""
        by = "" if preview is None else f" by {preview}"
        self.calls.append(f"exec {stage}{by} {' '.join(argv)}")
        return len(argv)
