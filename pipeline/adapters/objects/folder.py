"""The ObjectStore port on a folder, which other machines may mount."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.adapters.digests import copied, is_digest
from pipeline.adapters.files import sync_directory
from pipeline.adapters.objects.address import NEXT, FolderAddress
from pipeline.core.errors import ObjectDamaged, ObjectMissing, UsageProblem
from pipeline.store import StoredObject

_NEW = ".new-"  # of the folders in which files are copied before they have their names


class FolderStore:
    """The ObjectStore port on a folder that exists: one that is not mounted is not made on this disk."""

    def __init__(self, address: FolderAddress) -> None:
        self._folder = address.path
        self.shown = address.shown

    def put(self, space: str, digest: str, file: Path) -> bool:
        """Copy the file beside its place, and link it there: it is there whole, and once."""
        with self._explained():
            self._require_folder()
            target = self._place(space, digest)
            if target.exists():
                return False
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=_NEW, dir=target.parent) as work:
                copy = Path(work) / digest
                with file.open("rb") as source:
                    found = copied(source, copy)
                _require_same(digest, found, f"{file}, which was to be stored")
                try:
                    target.hardlink_to(copy)
                except FileExistsError:  # another process has the same
                    return False
            sync_directory(target.parent)
            return True

    def fetch(self, space: str, digest: str, into: Path) -> None:
        """Copy the object, and compare it."""
        with self._explained():
            self._require_folder()
            try:
                source = self._place(space, digest).open("rb")
            except FileNotFoundError:
                raise ObjectMissing(digest, self.shown) from None
            with source:
                found = copied(source, into)
        if found != digest:
            into.unlink()
        _require_same(digest, found, self.shown)

    def objects(self, space: str) -> Iterable[StoredObject]:
        """Each file that is named by a digest."""
        with self._explained():
            self._require_folder()
            found = sorted((self._folder / space).glob("*"))
            told = [(path, path.stat()) for path in found if is_digest(path.name)]
        return tuple(StoredObject(path.name, seen.st_size, seen.st_mtime) for path, seen in told)

    def remove(self, space: str, digest: str) -> None:
        """Remove the file."""
        with self._explained():
            self._require_folder()
            self._place(space, digest).unlink(missing_ok=True)

    def unfinished(self, space: str) -> Iterable[StoredObject]:
        """Each folder that a copy is made in; it is as old as what was written there last."""
        with self._explained():
            self._require_folder()
            found = sorted((self._folder / space).glob(f"{_NEW}*"))
            return tuple(_unfinished(path) for path in found if path.is_dir() and not path.is_symlink())

    def discard(self, space: str, name: str) -> None:
        """Remove the folder, unless its writer has."""
        with self._explained(), contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self._place(space, name))

    def _place(self, space: str, digest: str) -> Path:
        return self._folder / space / digest

    def _require_folder(self) -> None:
        if not self._folder.is_dir():
            why = "the folder is not there; is it mounted?"
            raise UsageProblem("the store is not there", where=self.shown, why=why, next=NEXT)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            raise UsageProblem(
                "the store does not allow this",
                where=str(problem.filename or self.shown),
                why=problem.strerror or str(problem),
                next=NEXT,
            ) from problem


def _unfinished(folder: Path) -> StoredObject:
    """A copy that goes away meanwhile counts nothing."""
    seen = [folder.stat()]
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            seen.append(path.lstat())
    return StoredObject(folder.name, sum(one.st_size for one in seen[1:]), max(one.st_mtime for one in seen))


def _require_same(wanted: str, found: str, where: str) -> None:
    if found != wanted:
        raise ObjectDamaged(wanted, found, where)
