"""The only place that connects adapters to ports."""

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.adapters.children import Children
from pipeline.adapters.clock_system import SystemClock
from pipeline.adapters.fold_version import fold_version
from pipeline.adapters.git import toplevel
from pipeline.adapters.homes import Home, released
from pipeline.adapters.id_token import proved
from pipeline.adapters.keeper_thread import ThreadKeeper
from pipeline.adapters.ledger_sqlite import SqliteLedger
from pipeline.adapters.revisions_git import IN_TREE, GitRevisions
from pipeline.adapters.serving import Servings
from pipeline.adapters.signals import SignalInterrupts
from pipeline.adapters.snapshots_sqlite import SqliteSnapshots
from pipeline.adapters.stage_tools import CheckoutTools
from pipeline.adapters.stages_process import StagesProcess
from pipeline.adapters.storage import SiteStorage
from pipeline.adapters.suites_process import SuitesProcess
from pipeline.adapters.surroundings import ID_TOKEN
from pipeline.adapters.this_process import actor, liveness, this_process
from pipeline.adapters.venvs import Venvs
from pipeline.core.actor import Actor
from pipeline.core.credentials import without_credentials
from pipeline.core.errors import IllegalTransition, LedgerNotUnderstood, UsageProblem
from pipeline.core.history import replay
from pipeline.core.identity import Identity
from pipeline.folding import fold
from pipeline.ports import Ledger, Notifier, Snapshots
from pipeline.workshop import LEASE_TTL_S, Workshop

SITE = ".stagegate"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command works: the site (None: `.stagegate` of the checkout) and the value of `--config`."""

    site: Path | None = None
    config: str | None = None


@contextlib.contextmanager
def open_workshop(place: Place, notifier: Notifier) -> Iterator[Workshop]:
    """Open the ports for the checkout of the current directory, with signal handlers installed."""
    repository = toplevel(Path.cwd())
    site = (place.site or (repository or Path.cwd()) / SITE).resolve()
    clock, children, holder = SystemClock(), Children(), this_process()
    servings = Servings(children)
    interrupts = SignalInterrupts(children, notifier.progress)
    ledger = SqliteLedger(site, now=clock.now, holder=holder, liveness=liveness)
    snapshots = SqliteSnapshots(
        site, fold_version(), replayed=lambda: replay(ledger.read()), say=notifier.progress
    )
    home = released(site, Venvs(site, notifier.progress).python_for)
    code = _Checkout(repository)

    def here(config: Path) -> StagesProcess:
        return StagesProcess(site, lambda _release: code.home(config), servings, notifier)

    def standing(stage: str) -> str | None:
        return fold(ledger, snapshots).stage(stage).standing

    # For the tools of the checkout. Of these only the doctor reads it, and needs a directory.
    config = Path(without_credentials(place.config)) if place.config else code.root() / IN_TREE
    with interrupts.installed(), contextlib.closing(children), contextlib.closing(servings):
        yield Workshop(
            site=site,
            ledger=ledger,
            snapshots=snapshots,
            revisions=GitRevisions(code.root(), site),
            deployer=StagesProcess(site, home, servings, notifier),
            gates=SuitesProcess(site, home, children, notifier),
            clock=clock,
            notifier=notifier,
            interrupts=interrupts,
            keeper=ThreadKeeper(ledger, LEASE_TTL_S, interrupts.kill_children),
            checkout_deployer=here,
            actor=_actor(ledger, snapshots),
            holder=holder,
            liveness=liveness,
            storage=SiteStorage(site),
            tools=CheckoutTools(site, lambda: code.home(config.resolve()), here(config.resolve()), standing),
        )


def _actor(ledger: Ledger, snapshots: Snapshots) -> Actor:
    """Who runs this process: proved by the token of this job, if it has one and the line says whose counts.

    Raises NotProved for a token that does not verify, TryAgain when that cannot be found out.
    """
    token = os.environ.get(ID_TOKEN)
    identity = _identity(ledger, snapshots) if token is not None else None
    return actor(os.environ) if token is None or identity is None else proved(token, identity)


def _identity(ledger: Ledger, snapshots: Snapshots) -> Identity | None:
    try:
        line = fold(ledger, snapshots).line
    except (LedgerNotUnderstood, IllegalTransition):
        return None  # whatever would need the name reads this ledger first, and ends with this very error
    return line.identity if line else None


@dataclass(frozen=True, slots=True)
class _Checkout:
    repository: Path | None

    def root(self) -> Path:
        """The root of the work tree, or the current directory for commands that need none."""
        return self.repository or Path.cwd()

    def home(self, config: Path) -> Home:
        """The working tree as it is, with the interpreter of this process."""
        if self.repository is None:
            raise UsageProblem("this is not a git checkout", where=str(Path.cwd()), next="cd to the checkout")
        return Home(self.repository, config, Path(sys.executable))
