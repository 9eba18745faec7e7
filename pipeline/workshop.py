"""All ports of the engine as one value, built by bootstrap, or by tests from the fakes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.actor import Actor
from pipeline.core.events import Holder, Record
from pipeline.core.history import History
from pipeline.core.leases import Liveness
from pipeline.folding import FEW, fold, state_at
from pipeline.ports import Clock, Deployer, Gates, Interrupts, Keeper, Ledger, Notifier, Revisions, Snapshots
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
    actor: Actor
    holder: Holder
    liveness: Callable[[Holder], Liveness]
    workers: int = 8

    def history(self) -> History:
        """The current state of the site, folded from the ledger."""
        return fold(self.ledger, self.snapshots)

    def until(self, seq: int) -> tuple[History, Sequence[Record]]:
        """The state after the event `seq`, and the latest events until then."""
        return state_at(self.ledger, self.snapshots, seq)

    def keep_snapshot(self, few: int = FEW) -> None:
        """Keep a snapshot, unless there are fewer events than `few` after the newest one."""
        fold(self.ledger, self.snapshots, many=few)
