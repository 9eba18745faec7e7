"""The Archives port: folders of a site, packed, in a store of objects."""

import contextlib
import secrets
import tempfile
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from pipeline.adapters.digests import digest_of_file
from pipeline.adapters.files import rename_new, sync_directory
from pipeline.adapters.homes import id_of_copy, release_directory
from pipeline.adapters.merging import merge
from pipeline.adapters.packing import NoArchive, pack, stray_links, unpack
from pipeline.core.errors import ObjectDamaged, ObjectMissing, StagegateError, UsageProblem
from pipeline.store import Brought, ObjectStore, StoredObject

_RELEASES = "releases/"
_PROBES = "probe"


class SiteArchives:
    """The Archives port of the site at `site`, on `store`; `tell` says what is left out."""

    def __init__(self, site: Path, store: ObjectStore, tell: Callable[[str], None]) -> None:
        self._site = site
        self._tell = tell
        self._store = store
        self.shown = store.shown

    def keep(self, space: str, folder: str, without: Collection[str] = ()) -> str | None:
        """Pack the folder, and put it."""
        place = self._site / folder
        if not place.is_dir():
            return None
        apart = [self._site / name for name in without]
        strays = self._strays(place, apart)
        with tempfile.TemporaryDirectory(prefix=".archive-", dir=self._site) as work:
            packed = Path(work) / "packed"
            if not pack(place, [*apart, *strays], packed):
                return None
            digest = digest_of_file(packed)
            self._store.put(space, digest, packed)
            return digest

    def bring(self, space: str, folder: str, digests: Sequence[str]) -> Brought:
        """Fetch the objects, unpack each beside the folder, and merge them, the newest first.

        The copy of a release is compared with its name before it is there, as whoever uses it does again.
        """
        beside = self._site / Path(folder).parts[0]
        beside.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=beside) as work:
            lost: list[StagegateError] = []
            for digest in reversed(digests):
                try:
                    unpacked = self._unpacked(space, digest, Path(work))
                    if folder.startswith(_RELEASES):
                        self._put_in_place(unpacked, folder.removeprefix(_RELEASES))
                        return Brought(lost=tuple(lost))
                except (ObjectMissing, ObjectDamaged, NoArchive) as problem:
                    lost.append(problem)
                else:
                    merge(unpacked, Path(work) / "made")  # what differs was superseded
            if len(lost) == len(digests):
                return Brought(came=False, lost=tuple(lost))
            differing = merge(Path(work) / "made", self._site / folder)
            return Brought(differing=differing, lost=tuple(lost))

    def objects(self, space: str) -> Iterable[StoredObject]:
        """All objects of the space."""
        return self._store.objects(space)

    def remove(self, space: str, digest: str) -> None:
        """Remove an object."""
        self._store.remove(space, digest)

    def unfinished(self, space: str) -> Iterable[StoredObject]:
        """What killed writers left."""
        return self._store.unfinished(space)

    def discard(self, space: str, name: str) -> None:
        """Remove one of these."""
        self._store.discard(space, name)

    def probe(self) -> None:
        """Write an object that nobody else has, read it and remove it."""
        with tempfile.TemporaryDirectory(prefix="stagegate-probe-") as work:
            file = Path(work) / "written"
            file.write_text(secrets.token_hex(32))
            digest = digest_of_file(file)
            self._store.put(_PROBES, digest, file)
            try:
                self._store.fetch(_PROBES, digest, Path(work) / "read")
            finally:
                self._store.remove(_PROBES, digest)

    def _strays(self, place: Path, apart: Collection[Path]) -> Sequence[Path]:
        """The links that cannot come back: they are left out of evidence, but a release must be whole."""
        strays = stray_links(place, apart)
        for path in strays:
            name, why = str(path.relative_to(self._site)), "it is a link that leads out of its folder"
            if name.startswith(_RELEASES):
                raise UsageProblem("this cannot be archived", where=name, why=why)
            self._tell(f"{name} is not archived: {why}")
        return strays

    def _unpacked(self, space: str, digest: str, work: Path) -> Path:
        packed, unpacked = work / digest, work / "unpacked" / digest
        self._store.fetch(space, digest, packed)
        unpack(packed, unpacked)
        return unpacked

    def _put_in_place(self, made: Path, release: str) -> None:
        try:
            found = id_of_copy(made)
        except FileNotFoundError:
            raise ObjectDamaged(release, "of no release", self.shown) from None
        if found != release:
            raise ObjectDamaged(release, found, self.shown)
        # Another process may have brought it meanwhile; the same id means the same content.
        final = release_directory(self._site, release)
        with contextlib.suppress(FileExistsError):
            rename_new(made, final)
        sync_directory(final.parent)
