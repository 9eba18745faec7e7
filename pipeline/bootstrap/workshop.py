"""All ports of the engine, connected for the checkout of the current directory."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.adapters.archives import SiteArchives
from pipeline.adapters.candidates_git import GitCandidates
from pipeline.adapters.children import Children
from pipeline.adapters.config_beginning import BESIDE, CheckoutBeginnings
from pipeline.adapters.gitlab_surroundings import job
from pipeline.adapters.homes import Bring, Home, released
from pipeline.adapters.keeper_thread import ThreadKeeper
from pipeline.adapters.objects.opening import open_store
from pipeline.adapters.revisions_git import IN_TREE, GitRevisions
from pipeline.adapters.serving import Servings
from pipeline.adapters.signals import SignalInterrupts
from pipeline.adapters.stage_tools import CheckoutTools
from pipeline.adapters.stages_process import StagesProcess
from pipeline.adapters.storage import SiteStorage
from pipeline.adapters.suites_process import SuitesProcess
from pipeline.adapters.this_process import liveness, this_process
from pipeline.adapters.traffic_process import TrafficProcess
from pipeline.adapters.venvs import Venvs
from pipeline.bootstrap.office import Place, office, repository, site_of
from pipeline.core.archives import copy_folder
from pipeline.core.credentials import without_credentials
from pipeline.core.errors import UsageProblem
from pipeline.core.release import SHORT
from pipeline.engine.archives import bring
from pipeline.ports import Notifier
from pipeline.store import Archives
from pipeline.workshop import LEASE_TTL_S, Office, Workshop


@contextlib.contextmanager
def open_workshop(place: Place, notifier: Notifier) -> Iterator[Workshop]:
    """Open the ports for the checkout of the current directory, with signal handlers installed."""
    code, children = _Checkout(repository()), Children()
    site, servings = site_of(place, code.repository), Servings(children)
    interrupts = SignalInterrupts(children.kill_all, notifier.progress)
    store = open_store(place.store, os.environ) if place.store else None
    archives = SiteArchives(site, store, notifier.progress) if store is not None else None

    def here(config: Path) -> StagesProcess:
        return StagesProcess(site, lambda _release: code.home(config), servings, notifier)

    config = code.config(place)
    with (
        interrupts.installed(),
        office(site, place, notifier) as books,
        contextlib.closing(children),
        contextlib.closing(servings),
    ):
        bring_copy = _bringing(books, archives, notifier)
        home = released(site, Venvs(site, notifier.progress).python_for, bring_copy)
        stages = StagesProcess(site, home, servings, notifier)
        yield Workshop(
            site=site,
            ledger=books.ledger,
            snapshots=books.snapshots,
            revisions=GitRevisions(code.root(), site, bring_copy),
            deployer=stages,
            gates=SuitesProcess(site, home, children, notifier),
            clock=books.clock,
            notifier=notifier,
            interrupts=interrupts,
            keeper=ThreadKeeper(books.ledger, LEASE_TTL_S, interrupts.kill_children),
            checkout_deployer=here,
            actor=books.actor,
            holder=this_process(),
            liveness=liveness,
            forge=books.forge,
            job=job(os.environ),
            storage=SiteStorage(site),
            candidates=GitCandidates(GitRevisions(code.root(), site)),
            beginnings=CheckoutBeginnings(code.root() / IN_TREE, code.root() / BESIDE),
            tools=CheckoutTools(site, lambda: code.home(config), here(config), _standing(books)),
            traffic=TrafficProcess(site, stages),
            archives=archives,
        )


def _standing(books: Office) -> Callable[[str], str | None]:
    """What tells the release that stands in a stage."""
    return lambda stage: books.history().stage(stage).standing


def _bringing(books: Office, archives: Archives | None, notifier: Notifier) -> Bring:
    """What brings the copy of a release from the store, if there is one."""

    def bring_copy(release: str) -> None:
        brought = bring(books, archives, copy_folder(release)) if archives is not None else {}
        for problem in (lost for one in brought.values() for lost in one.lost):
            notifier.progress(f"an older object is used: {'; '.join(problem.lines())}")
        if archives is not None and brought:
            notifier.progress(f"the copy of release {release[:SHORT]} came from {archives.shown}")

    return bring_copy


@dataclass(frozen=True, slots=True)
class _Checkout:
    repository: Path | None

    def root(self) -> Path:
        """The root of the work tree, or the current directory for commands that need none."""
        return self.repository or Path.cwd()

    def config(self, place: Place) -> Path:
        """The config for the tools of the checkout; of these, only the doctor reads it."""
        found = Path(without_credentials(place.config)) if place.config else self.root() / IN_TREE
        return found.resolve()

    def home(self, config: Path) -> Home:
        """The working tree as it is, with the interpreter of this process."""
        if self.repository is None:
            raise UsageProblem("this is not a git checkout", where=str(Path.cwd()), next="cd to the checkout")
        return Home(self.repository, config, Path(sys.executable))
