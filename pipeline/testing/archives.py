"""A store in memory, and the folders of a site with their files as text."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.core.errors import ObjectMissing, StagegateError
from pipeline.store import PROBES, Brought, StoredObject


@dataclass(slots=True)
class FakeArchives:
    """The Archives port. `folders` are those of the site with the text of their files, which a test fills.

    `kept` has the objects with the folder that each was of last, `brought` what came back, in order;
    `differing` did not. `down` is raised by every call. `probes` are what killed probes have left, `half`
    what killed writers have, of whatever space.
    """

    folders: dict[str, Mapping[str, str]] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    brought: list[tuple[str, str]] = field(default_factory=list)
    probes: set[str] = field(default_factory=set)
    half: set[str] = field(default_factory=set)
    differing: tuple[str, ...] = ()
    written_at: float = 0.0
    down: StagegateError | None = None
    shown: str = "memory"

    def keep(self, space: str, folder: str, without: Collection[str] = ()) -> str | None:
        self._answer()
        files = {
            path.removeprefix(f"{folder}/"): text
            for path, text in self._files(folder).items()
            if not path.startswith(tuple(f"{one}/" for one in without))
        }
        if not files:
            return None
        digest = hashlib.sha256(repr((space, sorted(files.items()))).encode()).hexdigest()
        self.kept[digest] = folder
        return digest

    def bring(self, _space: str, folder: str, digests: Sequence[str]) -> Brought:
        self._answer()
        lost = tuple(ObjectMissing(digest, self.shown) for digest in digests if digest not in self.kept)
        self.brought.extend((folder, digest) for digest in digests if digest in self.kept)
        return Brought(came=len(lost) < len(digests), differing=self.differing, lost=lost)

    def objects(self, space: str) -> Iterable[StoredObject]:
        self._answer()
        found = self.probes if space == PROBES else self.kept
        return tuple(StoredObject(digest, 1000, self.written_at) for digest in sorted(found))

    def remove(self, space: str, digest: str) -> None:
        self._answer()
        if space == PROBES:
            self.probes.discard(digest)
        else:
            self.kept.pop(digest, None)

    def unfinished(self, space: str) -> Iterable[StoredObject]:
        self._answer()
        found = self.half if space != PROBES else ()
        return tuple(StoredObject(name, 1000, self.written_at) for name in sorted(found))

    def discard(self, space: str, name: str) -> None:
        del space
        self._answer()
        self.half.discard(name)

    def probe(self) -> None:
        self._answer()

    def _files(self, folder: str) -> dict[str, str]:
        return {
            f"{place}/{name}": text
            for place, files in self.folders.items()
            if place == folder or place.startswith(f"{folder}/")
            for name, text in files.items()
        }

    def _answer(self) -> None:
        if self.down is not None:
            raise self.down
