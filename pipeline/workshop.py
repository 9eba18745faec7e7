"""The ports of a command as one value, built by bootstrap, or by tests from the fakes.

A workshop has all ports. An office has those that need no stage, so whoever asks for one cannot change any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pipeline.folding import FEW, fold, state_at

if TYPE_CHECKING:  # a question needs few of the ports, and is asked often
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pipeline.core.actor import Actor
    from pipeline.core.ci_job import CiJob
    from pipeline.core.events import Holder, Record
    from pipeline.core.history import History
    from pipeline.core.leases import Liveness
    from pipeline.forge import Forge
    from pipeline.ports import (
        Clock,
        Deployer,
        Gates,
        Interrupts,
        Keeper,
        Ledger,
        Notifier,
        Revisions,
        Snapshots,
    )
    from pipeline.store import Archives
    from pipeline.tool_ports import Beginnings, Candidates, StageTools, Storage, Traffic

LEASE_TTL_S = 60.0


class Office(Protocol):
    """What questions about a site need, and what is only written into its ledger. A workshop is one, too."""

    @property
    def site(self) -> Path:
        """The site directory."""

    @property
    def ledger(self) -> Ledger:
        """The events."""

    @property
    def snapshots(self) -> Snapshots:
        """Their folded state."""

    @property
    def clock(self) -> Clock:
        """The time."""

    @property
    def actor(self) -> Actor:
        """Who runs this command. Raises NotProved for a token that does not verify, or TryAgain."""

    @property
    def forge(self) -> Forge | None:
        """Who is told of what happens; None if this process knows none. Raises UsageProblem."""

    def history(self) -> History:
        """The current state of the site, folded from the ledger."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """The connected ports.

    `site` is the site directory. `checkout_deployer` runs the working tree's code with the given config
    directory. `actor` is who runs this command, for events of people. `holder` is its process, and
    `liveness` what can be proved about another one. `workers` is the maximum number of steps that run in
    parallel. `forge` is told of attempts, if there is one, and `job` is the job of a CI server that this is.
    `traffic` tells what planes answer, if anybody can. `archives` is what is in the store, if machines share
    one.
    """

    site: Path
    ledger: Ledger
    snapshots: Snapshots
    revisions: Revisions
    deployer: Deployer
    gates: Gates
    clock: Clock
    notifier: Notifier
    interrupts: Interrupts
    keeper: Keeper
    checkout_deployer: Callable[[Path], Deployer]
    tools: StageTools
    storage: Storage
    beginnings: Beginnings
    candidates: Candidates
    actor: Actor
    holder: Holder
    liveness: Callable[[Holder], Liveness]
    workers: int = 8
    forge: Forge | None = None
    job: CiJob | None = None
    traffic: Traffic | None = None
    archives: Archives | None = None

    def history(self) -> History:
        """The current state of the site, folded from the ledger."""
        return fold(self.ledger, self.snapshots)

    def until(self, seq: int) -> tuple[History, Sequence[Record]]:
        """The state after the event `seq`, and the latest events until then."""
        return state_at(self.ledger, self.snapshots, seq)

    def keep_snapshot(self, few: int = FEW) -> None:
        """Keep a snapshot, unless there are fewer events than `few` after the newest one."""
        fold(self.ledger, self.snapshots, many=few)
