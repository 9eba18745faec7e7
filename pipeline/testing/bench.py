"""A test bench: one world, one store, and any number of engine processes on them, one after another."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.core.actor import Actor
from pipeline.core.ci_job import CiJob
from pipeline.core.release import Pin
from pipeline.core.swept import Leftover
from pipeline.forge import Forge
from pipeline.testing.archives import FakeArchives
from pipeline.testing.beginnings import FakeBeginnings
from pipeline.testing.candidates import FakeCandidates
from pipeline.testing.deployer import FakeDeployer, Recipe, World
from pipeline.testing.gates import FakeGates, Watched
from pipeline.testing.ledger import MemoryLedger, MemoryStore, holder
from pipeline.testing.small import FakeRevisions, FakeTools, Quiet, StoppedClock
from pipeline.testing.snapshots import MemorySnapshots
from pipeline.testing.storage import FakeStorage
from pipeline.testing.traffic import FakeTraffic
from pipeline.testing.trap import Trap
from pipeline.workshop import Workshop


def make_pin(name: str) -> Pin:
    """A pin whose digests are derived from a name, such as "first"."""
    code = hashlib.sha256(name.encode()).hexdigest()
    return Pin(code, hashlib.sha256(b"config").hexdigest(), f"commit-{name}", f"commit-{name}", "in-tree")


@dataclass(slots=True)
class Bench:
    """What outlives an engine process: world, store, snapshots, what gates answer and watch, clock, checkout.

    `ran` are the checks that gates have run, as FakeGates names them, and `reliance` what these rest on;
    `left` is what gates have left in the stages.
    `actor` is who runs the next engine, `forge` whom it tells, `job` in which job it runs, `traffic` what
    planes answer meanwhile, and `archives` what is in the store.
    """

    world: World = field(default_factory=World)
    store: MemoryStore = field(default_factory=MemoryStore)
    snapshots: MemorySnapshots = field(default_factory=MemorySnapshots)
    answers: dict[str, str] = field(default_factory=dict)
    watched: Watched = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    reliance: dict[str, object] | None = None
    left: list[Leftover] = field(default_factory=list)
    clock: StoppedClock = field(default_factory=StoppedClock)
    revisions: FakeRevisions = field(default_factory=lambda: FakeRevisions(make_pin("none")))
    quiet: Quiet = field(default_factory=Quiet)
    tools: FakeTools = field(default_factory=FakeTools)
    actor: Actor = field(default_factory=lambda: Actor("operator@desk"))
    storage: FakeStorage = field(default_factory=FakeStorage)
    beginnings: FakeBeginnings = field(default_factory=FakeBeginnings)
    candidates: FakeCandidates = field(default_factory=FakeCandidates)
    forge: Forge | None = None
    job: CiJob | None = None
    traffic: FakeTraffic | None = None
    archives: FakeArchives | None = None
    processes: int = 0
    site: Path = Path("site")

    def commit(self, name: str, **things: str) -> str:
        """Make the checkout a release with this name that wants these things; return its id."""
        pin = make_pin(name)
        self.revisions.pin = pin
        self.world.recipes[pin.id] = Recipe(things or {"a": name})
        return pin.id

    def shop(self, trap: Trap | None = None, *, workers: int = 1) -> Workshop:
        """Start a new engine process. All earlier ones count as dead."""
        self.store.dead.update(range(1, self.processes + 1))
        self.processes += 1
        deployer = FakeDeployer(self.world, trap)
        gates = FakeGates(self.answers, trap, watched=self.watched, ran=self.ran)
        gates.reliance, gates.left = self.reliance, self.left
        return Workshop(
            site=self.site,
            ledger=MemoryLedger(self.store, self.clock, self.processes, trap),
            snapshots=self.snapshots,
            revisions=self.revisions,
            deployer=deployer,
            gates=gates,
            clock=self.clock,
            notifier=self.quiet,
            interrupts=self.quiet,
            keeper=self.quiet,
            checkout_deployer=lambda _directory: deployer,
            tools=self.tools,
            storage=self.storage,
            beginnings=self.beginnings,
            candidates=self.candidates,
            actor=self.actor,
            holder=holder(self.processes),
            liveness=self.store.liveness,
            workers=workers,
            forge=self.forge,
            job=self.job,
            traffic=self.traffic,
            archives=self.archives,
        )
