"""The ObjectStore port on a folder, which other machines may mount."""

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.adapters.digests import copied, is_digest
from pipeline.adapters.files import sync_directory
from pipeline.adapters.objects.address import NEXT, FolderAddress
from pipeline.core.errors import ObjectDamaged, ObjectMissing, UsageProblem
from pipeline.store import StoredObject


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
            with tempfile.TemporaryDirectory(prefix=".new-", dir=target.parent) as work:
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


def _require_same(wanted: str, found: str, where: str) -> None:
    if found != wanted:
        raise ObjectDamaged(wanted, found, where)
