"""Copies a run's evidence to another directory, for a CI server that only collects files of the checkout."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.cli.junit_files import rename_cases
from pipeline.cli.output import warn
from pipeline.core.checked import Checked
from pipeline.core.errors import StagegateError
from pipeline.core.events import AttemptStarted, Record, Resumed
from pipeline.ports import Notifier
from pipeline.workshop import Workshop

RELEASE = "release"


@dataclass(frozen=True, slots=True)
class _Noting:
    """The Notifier port: forwards everything, and records which attempts started or went on."""

    told: Notifier
    begun: list[AttemptStarted | Resumed] = field(default_factory=list)

    def recorded(self, record: Record) -> None:
        if isinstance(record.event, AttemptStarted | Resumed):
            self.begun.append(record.event)
        self.told.recorded(record)

    def progress(self, message: str, host: str | None = None) -> None:
        self.told.progress(message, host)

    def checked(self, check: Checked) -> None:
        self.told.checked(check)


@contextmanager
def evidence_copied(shop: Workshop, into: Path | None) -> Iterator[Workshop]:
    """Yield a workshop for a run; however the run ends, copy its evidence to `into` (None: do not).

    Each attempt that started or went on goes to `into/<attempt>/`, and the id of the release of the first one
    to the file `into/release`. Interrupted, lost and crashed runs are copied, too. The names of checks in the
    copied junit.xml are unique in the run.
    """
    if into is None:
        yield shop
        return
    noting = _Noting(shop.notifier)
    try:
        yield replace(shop, notifier=noting)
    finally:
        if noting.begun:
            _copy(shop, noting.begun, into)


def _copy(shop: Workshop, begun: Sequence[AttemptStarted | Resumed], into: Path) -> None:
    """Copy the evidence. A failure only causes a warning on stderr: the evidence is still in the site."""
    site = shop.site
    try:
        into.mkdir(parents=True, exist_ok=True)
        for attempt in begun:
            left = site / "runs" / attempt.attempt
            if left.is_dir():
                shutil.copytree(left, into / attempt.attempt, symlinks=True, dirs_exist_ok=True)
        (into / RELEASE).write_text(f"{_release(shop, begun[0])}\n")
        known = shop.history().attempts
        rename_cases([known[name] for name in dict.fromkeys(one.attempt for one in begun)], into)
    except (OSError, shutil.Error, StagegateError) as problem:
        warn(f"the evidence in {site / 'runs'} could not be copied into {into}: {problem}")


def _release(shop: Workshop, first: AttemptStarted | Resumed) -> str:
    if isinstance(first, AttemptStarted):
        return first.release
    return shop.history().attempts[first.attempt].release
