"""All ports of the engine as one value, built by bootstrap, or by tests from the fakes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.actor import Actor
from pipeline.core.history import History
from pipeline.folding import FEW, fold
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
from pipeline.tool_ports import StageTools

LEASE_TTL_S = 60.0


@dataclass(frozen=True, slots=True)
class Workshop:
    """The connected ports.

    `site` is the site directory. `checkout_deployer` runs the working tree's code with the given config
    directory. `actor` is who runs this command, for events of people. `workers` is the maximum number of
    steps that run in parallel.
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
    actor: Actor
    workers: int = 8

    def history(self) -> History:
        """The current state of the site, folded from the ledger."""
        return fold(self.ledger, self.snapshots)

    def keep_snapshot(self) -> None:
        """Let whoever asks next fold few events, unless they are few already."""
        fold(self.ledger, self.snapshots, many=FEW)
