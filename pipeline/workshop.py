"""All ports of the engine as one value, built by bootstrap, or by tests from the fakes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.actor import Actor
from pipeline.core.events import Holder
from pipeline.core.history import History, replay
from pipeline.core.leases import Liveness
from pipeline.ports import (
    Clock,
    Deployer,
    Gates,
    Interrupts,
    Keeper,
    Ledger,
    Notifier,
    Revisions,
)
from pipeline.tool_ports import StageTools, Storage

LEASE_TTL_S = 60.0


@dataclass(frozen=True, slots=True)
class Workshop:
    """The connected ports.

    `site` is the site directory. `checkout_deployer` runs the working tree's code with the given config
    directory. `actor` is who runs this command, for events of people. `holder` is its process, and
    `liveness` what can be proved about another one. `workers` is the maximum number of steps that run in
    parallel.
    """

    site: Path
    ledger: Ledger
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
    actor: Actor
    holder: Holder
    liveness: Callable[[Holder], Liveness]
    workers: int = 8

    def history(self) -> History:
        """The current state of the site, folded from the ledger."""
        return replay(self.ledger.read())
