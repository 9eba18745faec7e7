"""A copy of what a run left, for whoever collects files from the checkout: a CI server takes nothing else."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from pipeline.cli.output import losable
from pipeline.core.events import AttemptStarted, Record
from pipeline.ports import Checked, Notifier
from pipeline.workshop import Workshop

RELEASE = "release"


@dataclass(frozen=True, slots=True)
class _Noting:
    """The Notifier port: tells on what it hears, and keeps what was begun."""

    told: Notifier
    begun: list[AttemptStarted] = field(default_factory=list)

    def recorded(self, record: Record) -> None:
        if isinstance(record.event, AttemptStarted):
            self.begun.append(record.event)
        self.told.recorded(record)

    def progress(self, message: str, host: str | None = None) -> None:
        self.told.progress(message, host)

    def checked(self, check: Checked) -> None:
        self.told.checked(check)


@contextmanager
def evidence_copied(shop: Workshop, into: Path | None) -> Iterator[Workshop]:
    """A workshop to run in; however the run ends, what it left is copied to `into` (None: nowhere).

    Each attempt that was begun goes to `into/<attempt>/`, and the id of the release that was asked for to
    the file `into/release`. Interrupted, lost or crashed runs have evidence as well; one that never began has
    none.
    """
    if into is None:
        yield shop
        return
    noting = _Noting(shop.notifier)
    try:
        yield replace(shop, notifier=noting)
    finally:
        if noting.begun:
            _copy(noting.begun, shop.site, into)


def _copy(begun: Sequence[AttemptStarted], site: Path, into: Path) -> None:
    """What can't be copied is said on stderr and changes nothing else: the evidence stays in the site."""
    try:
        into.mkdir(parents=True, exist_ok=True)
        for attempt in begun:
            left = site / "runs" / attempt.attempt
            if left.is_dir():
                shutil.copytree(left, into / attempt.attempt, symlinks=True, dirs_exist_ok=True)
        (into / RELEASE).write_text(f"{begun[0].release}\n")
    except (OSError, shutil.Error) as problem:
        with losable("a warning"):
            click.echo(
                f"the evidence in {site / 'runs'} could not be copied into {into}: {problem}", err=True
            )
