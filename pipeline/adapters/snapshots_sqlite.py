"""The Snapshots port on `<site>/snapshots/<version of the fold>.sqlite`.

Not in ledger.sqlite: readers keep snapshots, and must not make those wait who append; and another table would
be another schema of that file, which older versions refuse.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path

from pipeline.adapters.snapshot_file import opened, read_pieces, read_state, write
from pipeline.core.chain import Head
from pipeline.core.history import History
from pipeline.core.snapshot import Load, PieceKind, Snapshot, piece_of, revived

_FEW = 10  # releases that are read one by one
_OTHERS_KEPT = 2  # files of other versions, which may be in use beside this one


class SqliteSnapshots:
    """The Snapshots port.

    `replayed` folds all events, for what a damaged file does not say; `say` tells of damage, once.
    """

    def __init__(
        self, site: Path, version: str, *, replayed: Callable[[], History], say: Callable[[str], None]
    ) -> None:
        self._path = (site / "snapshots" / f"{version}.sqlite").absolute()
        self._replayed = replayed
        self._say = say
        self._whole: History | None = None

    def newest(self) -> Snapshot | None:
        """The newest snapshot. A damaged one is told of and removed."""
        if not self._path.exists():
            return None
        try:
            with opened(self._path, "ro") as database:
                found = read_state(database)
            if found is None:
                return None
            origin, head, text = found
            return Snapshot(origin, head, revived(text, self._loader(origin)))
        except sqlite3.OperationalError:  # it has no tables yet, or this user may not open it
            return None
        except (sqlite3.DatabaseError, ValueError) as problem:
            self._discard(problem)
            return None

    def keep(self, history: History, head: Head, since: Snapshot | None) -> None:
        """Keep a snapshot. That it could not be kept is told, and changes nothing else."""
        try:
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            if not self._path.exists():
                self._forget_others()
            with opened(self._path, "rwc") as database:
                database.execute("BEGIN IMMEDIATE")
                write(database, history, head, since)
                database.execute("COMMIT")
        except (sqlite3.Error, OSError) as problem:
            self._say(f"the snapshot {self._path} could not be kept: {problem}")

    def _loader(self, origin: str) -> Load:
        releases: dict[str, str] = {}

        def read(kind: PieceKind, name: str) -> str:
            if kind is PieceKind.ATTEMPT:
                return self._pieces(origin, kind, name)[name]
            if name not in releases:
                # Small ones: who asks for more than a few, as by an alias, asks for all.
                releases.update(self._pieces(origin, kind, name if len(releases) < _FEW else None))
            return releases[name]

        def load(kind: PieceKind, name: str) -> str:
            try:
                if self._whole is None:
                    return read(kind, name)
            except KeyError:
                self._discard(ValueError(f"it has no {kind.value} {name}"))
            except (sqlite3.Error, ValueError) as problem:
                self._discard(problem)
            self._whole = self._whole or self._replayed()
            return piece_of(self._whole, kind, name).text

        return load

    def _pieces(self, origin: str, kind: PieceKind, name: str | None = None) -> Mapping[str, str]:
        with opened(self._path, "ro") as database:
            return read_pieces(database, origin, kind, name)

    def _discard(self, problem: Exception) -> None:
        self._say(
            f"the snapshot {self._path} is damaged ({problem}): it is removed, and made again from the events"
        )
        with contextlib.suppress(OSError):  # who may not remove it, may not write it either
            self._path.unlink(missing_ok=True)

    def _forget_others(self) -> None:
        """Remove the files of other versions, but for the newest."""
        others = sorted(self._path.parent.glob("*.sqlite"), key=lambda path: path.stat().st_mtime)
        for path in others[:-_OTHERS_KEPT]:
            path.unlink(missing_ok=True)
