"""A store in memory, and the folders of a site as sets of files."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.core.errors import ObjectMissing, StagegateError
from pipeline.store import PROBES, StoredObject


@dataclass(slots=True)
class FakeArchives:
    """The Archives port. `folders` are those of the site with the files in them, which a test fills.

    `kept` has the objects with the folder that each is of, `brought` what came back, in order. `down` is
    raised by every call. `probes` are what killed probes have left.
    """

    folders: dict[str, frozenset[str]] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    brought: list[tuple[str, str]] = field(default_factory=list)
    probes: set[str] = field(default_factory=set)
    written_at: float = 0.0
    down: StagegateError | None = None
    shown: str = "memory"

    def keep(self, space: str, folder: str, without: Collection[str] = ()) -> str | None:
        self._answer()
        files = [
            file for file in self._files(folder) if not file.startswith(tuple(f"{one}/" for one in without))
        ]
        if not files:
            return None
        digest = hashlib.sha256(repr((space, folder, files)).encode()).hexdigest()
        self.kept[digest] = folder
        return digest

    def bring(self, _space: str, folder: str, digests: Sequence[str]) -> None:
        self._answer()
        for digest in digests:
            if digest not in self.kept:
                raise ObjectMissing(digest, self.shown)
            self.brought.append((folder, digest))

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

    def probe(self) -> None:
        self._answer()

    def _files(self, folder: str) -> list[str]:
        return sorted(
            f"{place}/{name}"
            for place, names in self.folders.items()
            if place == folder or place.startswith(f"{folder}/")
            for name in names
        )

    def _answer(self) -> None:
        if self.down is not None:
            raise self.down
