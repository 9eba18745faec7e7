"""Everything the engine works with, in one value. Made in bootstrap, or by tests from the fakes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.history import History, replay
from pipeline.ports import (
    Clock,
    Deployer,
    Gates,
    Interrupts,
    Keeper,
    Ledger,
    Notifier,
    Revisions,
    StageTools,
)

LEASE_TTL_S = 60.0


@dataclass(frozen=True, slots=True)
class Workshop:
    """The ports, wired.

    `site` is the site directory; `checkout_deployer` is the working tree's own code with a config directory;
    `workers` how many steps go side by side at most.
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
    workers: int = 8

    def history(self) -> History:
        """The site as the ledger tells it now."""
        return replay(self.ledger.read())
