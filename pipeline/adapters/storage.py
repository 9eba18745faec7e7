"""The Storage port on a site's folders: copies of releases, virtual environments, evidence."""

import platform
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.adapters.file_lock import locked
from pipeline.adapters.files import sync_directory
from pipeline.adapters.venvs import environment_lock, forget, lock_of, venv_name
from pipeline.core.errors import UsageProblem
from pipeline.core.stored import Store, Stored

_FOLDERS = {
    Store.COPY: "releases",
    Store.ENVIRONMENT: "environments",
    Store.RUN: "runs",
    Store.REMNANT: "",  # of the site itself, only those that archiving makes
}
_REMNANTS = ".archive-*"
_BLOCK = 512  # bytes; the unit of st_blocks
_REMOVED = ".removed-"


class SiteStorage:
    """The Storage port on a site."""

    def __init__(self, site: Path) -> None:
        self._site = site

    def stored(self) -> Sequence[Stored]:
        """Every folder of the site's stores."""
        return tuple(self._stored())

    def remove(self, one: Stored) -> None:
        """Remove the folder, and what Python compiled of it.

        An environment is removed under the lock under which one is built. Copies and runs get another name
        first, so that a half removed one is not taken for a whole one.
        """
        place = self._site / _FOLDERS[one.store] / one.name
        try:
            if one.store is Store.REMNANT:
                shutil.rmtree(place)  # another name would hide it from the next listing
            elif one.store is Store.ENVIRONMENT:
                with locked(environment_lock(place)):
                    forget(place)
                    shutil.rmtree(place)
            else:
                shutil.rmtree(_renamed(place))
            compiled = self._site / "bytecode" / place.relative_to(place.anchor)
            if compiled.is_dir():
                shutil.rmtree(compiled)
        except OSError as problem:
            raise UsageProblem(
                f"the {one.store.value} {one.name} could not be removed",
                where=str(problem.filename or place),
                why=problem.strerror or str(problem),
                next="promote prune",
            ) from problem

    def _stored(self) -> Iterator[Stored]:
        for store, folder in _FOLDERS.items():
            pattern = _REMNANTS if store is Store.REMNANT else "*"
            for place in sorted((self._site / folder).glob(pattern)):
                if place.is_dir() and not place.is_symlink():
                    needs = _environment(place / "code") if store is Store.COPY else None
                    yield Stored(store, place.name, _size(place), place.stat().st_mtime, needs)


def _environment(code: Path) -> str | None:
    """The environment that the code of a copy runs in; None if it has no lock."""
    lock = lock_of(code)
    return venv_name(lock.read_bytes(), platform.python_version()) if lock.is_file() else None


def _size(place: Path) -> int:
    """How much of the disk the folder takes, in bytes. A file that goes away meanwhile counts nothing."""
    total = 0
    for path in (place, *place.rglob("*")):
        try:
            total += path.lstat().st_blocks * _BLOCK
        except FileNotFoundError:
            continue
    return total


def _renamed(place: Path) -> Path:
    if place.name.startswith(_REMOVED):  # an earlier removal did not get to its end
        return place
    removed = place.with_name(_REMOVED + place.name)
    place.rename(removed)
    sync_directory(place.parent)
    return removed
