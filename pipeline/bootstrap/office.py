"""The ports of commands that need no stage. They import no adapter that starts a program of a release."""

from __future__ import annotations

import contextlib
import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.adapters.clock_system import SystemClock
from pipeline.adapters.fold_version import fold_version
from pipeline.adapters.ledger_sqlite import SqliteLedger
from pipeline.adapters.signals import SignalInterrupts
from pipeline.adapters.snapshots_sqlite import SqliteSnapshots
from pipeline.adapters.surroundings import ID_TOKEN
from pipeline.adapters.this_process import actor, liveness, this_process
from pipeline.core.errors import IllegalTransition, LedgerNotUnderstood
from pipeline.core.history import History, replay
from pipeline.folding import fold

if TYPE_CHECKING:  # the other ports stay out of a question's way
    from collections.abc import Callable, Iterator

    from pipeline.core.actor import Actor
    from pipeline.core.identity import Identity
    from pipeline.forge import Forge
    from pipeline.ports import Clock, Ledger, Notifier, Snapshots
    from pipeline.workshop import Office

SITE = ".stagegate"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command works.

    The site (None: `.stagegate` of the checkout), the value of `--config`, and the addresses of the ledger
    that the site shares with others (None: its own) and of the store (None: there is none).
    """

    site: Path | None = None
    config: str | None = None
    ledger: str | None = None
    store: str | None = None


@contextlib.contextmanager
def open_office(place: Place, notifier: Notifier) -> Iterator[Office]:
    """Open the ports for the site of this place, with signal handlers installed.

    git is asked for the checkout of the current directory only if the place names no site.
    """
    site = site_of(place, None if place.site else repository())
    with (
        SignalInterrupts(_nothing_runs, notifier.progress).installed(),
        office(site, place, notifier) as found,
    ):
        yield found


@contextlib.contextmanager
def office(site: Path, place: Place, notifier: Notifier) -> Iterator[Office]:
    """The ports that need no stage. Who runs this process is found out when it is first asked for."""
    clock = SystemClock()
    with _ledger(site, place.ledger, clock, notifier) as ledger:
        snapshots = SqliteSnapshots(
            site, fold_version(), replayed=lambda: replay(ledger.read()), say=notifier.progress
        )
        who = functools.cache(lambda: _actor(ledger, snapshots))
        yield _SiteOffice(site, ledger, snapshots, clock, who)


@contextlib.contextmanager
def _ledger(site: Path, address: str | None, clock: Clock, notifier: Notifier) -> Iterator[Ledger]:
    """The ledger of the site, or the one at this address. Raises UsageProblem for an unusable address."""
    if address is None:
        yield SqliteLedger(site, now=clock.now, holder=this_process(), liveness=liveness)
        return
    from pipeline.adapters.postgres.address import parse  # noqa: PLC0415 - SQLAlchemy is slow to load
    from pipeline.adapters.postgres.ledger import PostgresLedger  # noqa: PLC0415 - likewise

    shared = PostgresLedger(
        site, parse(address), environment=os.environ, holder=this_process(), say=notifier.progress
    )
    with contextlib.closing(shared):
        yield shared


def repository() -> Path | None:
    """The root of the work tree that the current directory is in, or None. Raises UsageProblem."""
    from pipeline.adapters.git import toplevel  # noqa: PLC0415 - a site that is named needs no git

    return toplevel(Path.cwd())


def site_of(place: Place, checkout: Path | None) -> Path:
    """The site that the place names; without, that of the checkout, or of the current directory."""
    return (place.site or (checkout or Path.cwd()) / SITE).resolve()


@dataclass(frozen=True, slots=True)
class _SiteOffice:
    site: Path
    ledger: Ledger
    snapshots: Snapshots
    clock: Clock
    _who: Callable[[], Actor]

    @property
    def actor(self) -> Actor:
        """Who runs this process."""
        return self._who()

    @property
    def forge(self) -> Forge | None:
        """Who is told by this process. Raises UsageProblem."""
        from pipeline.adapters.gitlab_surroundings import forge  # noqa: PLC0415 - most questions tell nobody

        return forge(os.environ)

    def history(self) -> History:
        """The current state of the site."""
        return fold(self.ledger, self.snapshots)


def _nothing_runs() -> None:
    """What a signal would end: an office starts no child."""


def _actor(ledger: Ledger, snapshots: Snapshots) -> Actor:
    """Who runs this process: proved by the token of this job, if it has one and the line says whose counts.

    Raises NotProved for a token that does not verify, TryAgain when that cannot be found out.
    """
    token = os.environ.get(ID_TOKEN)
    identity = _identity(ledger, snapshots) if token is not None else None
    if token is None or identity is None:
        return actor(os.environ)
    from pipeline.adapters.id_token import proved  # noqa: PLC0415 - only a job has a token

    return proved(token, identity)


def _identity(ledger: Ledger, snapshots: Snapshots) -> Identity | None:
    try:
        line = fold(ledger, snapshots).line
    except (LedgerNotUnderstood, IllegalTransition):
        return None  # whatever would need the name reads this ledger first, and ends with this very error
    return line.identity if line else None
