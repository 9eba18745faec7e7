"""A store that machines share, and what of a site is kept in it, as Protocols."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.core.errors import StagegateError

PROBES = "probe"  # the space of objects that `Archives.probe` writes, whatever ledger there is


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of a store: the SHA-256 of its content, in hex, its bytes, and since when (since 1970).

    Of what a killed `put` left, `digest` is whatever name it has.
    """

    digest: str
    size: int
    written_at: float


@dataclass(frozen=True, slots=True)
class Brought:
    """How a folder came from a store, and whether anything of it did.

    `differing` are files that the site has with another content; they stay as they are. `lost` says why
    objects could not be used: of evidence what else there is came, and a release from an older object.
    """

    came: bool = True
    differing: tuple[str, ...] = ()
    lost: tuple[StagegateError, ...] = ()


class ObjectStore(Protocol):
    """Files by the SHA-256 of their content. Safe to use from several threads, processes and machines.

    An object is never changed. Each space has objects of its own, and a name made of `a-z` and `0-9`. Every
    method may raise TryAgain if the store does not answer, and UsageProblem if it is not there, lets nobody
    in, or does not allow this.
    """

    @property
    def shown(self) -> str:
        """Its address, without secrets."""

    def put(self, space: str, digest: str, file: Path) -> bool:
        """Store the file, whose digest this is, whole or not at all; False if it was there already."""

    def fetch(self, space: str, digest: str, into: Path) -> None:
        """Write the object into a new file.

        Raises ObjectMissing, or ObjectDamaged if its content is another; then there is no file.
        """

    def objects(self, space: str) -> Iterable[StoredObject]:
        """All objects of the space, in the order of their digests."""

    def remove(self, space: str, digest: str) -> None:
        """Remove the object, if it is there."""

    def unfinished(self, space: str) -> Iterable[StoredObject]:
        """What killed calls of `put` left in the space, and live ones work on; nothing if none shows."""

    def discard(self, space: str, name: str) -> None:
        """Remove what `unfinished` has told, if it is there."""


class Archives(Protocol):
    """Folders of a site, copies of releases and evidence, as objects of a store.

    A folder is named relative to the site: `releases/ID` or `runs/p7/smoke-1`. Every method may raise what
    those of ObjectStore do.
    """

    @property
    def shown(self) -> str:
        """The address of the store, without secrets."""

    def keep(self, space: str, folder: str, without: Collection[str] = ()) -> str | None:
        """Put the folder into the store, without these folders in it; return the digest of the object.

        None if there is no file in it. Raises OSError for what cannot be read.
        """

    def bring(self, space: str, folder: str, digests: Sequence[str]) -> Brought:
        """Write what these objects, oldest first, hold into the site's folder; what is there stays as it is.

        Of a release, the newest object is enough that is what its name says. What is missing, damaged or no
        archive is returned, not raised.
        """

    def objects(self, space: str) -> Iterable[StoredObject]:
        """All objects of the space."""

    def remove(self, space: str, digest: str) -> None:
        """Remove an object."""

    def unfinished(self, space: str) -> Iterable[StoredObject]:
        """What killed calls of `keep` left in the space of the store, or are at work on."""

    def discard(self, space: str, name: str) -> None:
        """Remove what `unfinished` has told."""

    def probe(self) -> None:
        """Write an object, read and remove it again."""
