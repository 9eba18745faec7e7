"""The tables of a snapshot's file: one state, and the pieces of its origin. Every text has a digest.

A file that was made anew has another origin, so nobody gets pieces that belong to another state than theirs.
"""

import contextlib
import hashlib
import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.core.chain import Head
from pipeline.core.history import History
from pipeline.core.snapshot import Piece, PieceKind, Snapshot, new_pieces, state_of

_WAIT_S = 10.0
_TABLES = (
    """
CREATE TABLE IF NOT EXISTS state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    origin TEXT NOT NULL, seq INTEGER NOT NULL, digest TEXT NOT NULL, text TEXT NOT NULL, sum TEXT NOT NULL
) STRICT
""",
    """
CREATE TABLE IF NOT EXISTS pieces (
    kind TEXT NOT NULL, name TEXT NOT NULL, packed BLOB NOT NULL, sum TEXT NOT NULL, PRIMARY KEY (kind, name)
) STRICT
""",
)
_PIECES = """SELECT name, packed, sum FROM pieces WHERE EXISTS (SELECT 1 FROM state WHERE origin = ?)
    AND kind = ?"""
_PIECE = f"{_PIECES} AND name = ?"  # a query of its own, which finds it by the index


@contextlib.contextmanager
def opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """A connection, `mode` being "ro" or "rwc". Nothing is forced to the disk. Raises sqlite3.Error."""
    address = f"{path.as_uri()}?mode={mode}"
    connection = sqlite3.connect(address, timeout=_WAIT_S, isolation_level=None, uri=True)
    with contextlib.closing(connection) as database:
        database.execute("PRAGMA synchronous=OFF")
        yield database


def read_state(database: sqlite3.Connection) -> tuple[str, Head, str] | None:
    """Origin, head and text of the state; None when there is none. Raises ValueError when it is damaged."""
    row = database.execute("SELECT origin, seq, digest, text, sum FROM state").fetchone()
    if row is None:
        return None
    origin, seq, digest, text, checksum = row
    if checksum != _sum(origin, str(seq), digest, text):
        raise ValueError("its state was changed")
    return origin, Head(seq, digest), text


def read_pieces(
    database: sqlite3.Connection, origin: str, kind: PieceKind, name: str | None = None
) -> Mapping[str, str]:
    """The texts of the pieces of this kind by name, or of the one with this name; none of another origin.

    Raises ValueError when one is damaged.
    """
    found = {}
    asked = (_PIECES, (origin, kind.value)) if name is None else (_PIECE, (origin, kind.value, name))
    for known, packed, checksum in database.execute(*asked):
        if checksum != _sum(kind.value, known, packed):
            raise ValueError(f"its {kind.value} {known} was changed")
        found[known] = zlib.decompress(packed).decode()
    return found


def write(database: sqlite3.Connection, history: History, head: Head, since: Snapshot | None) -> None:
    """Replace the state, and add the pieces that are new `since` the snapshot that `history` came from.

    Without one, everything is written anew. When another process has written meanwhile, what it wrote stays.
    """
    for statement in _TABLES:
        database.execute(statement)
    there = database.execute("SELECT origin, seq FROM state").fetchone()
    origin = since.origin if since else os.urandom(16).hex()
    if since is None:
        database.execute("DELETE FROM pieces")
    elif there is None or there[0] != origin or there[1] >= head.seq:
        return
    database.executemany("INSERT OR IGNORE INTO pieces VALUES (?, ?, ?, ?)", map(_row, new_pieces(history)))
    text = state_of(history)
    checksum = _sum(origin, str(head.seq), head.digest, text)
    database.execute(
        "INSERT OR REPLACE INTO state VALUES (1, ?, ?, ?, ?, ?)",
        (origin, head.seq, head.digest, text, checksum),
    )


def _row(piece: Piece) -> tuple[str, str, bytes, str]:
    packed = zlib.compress(piece.text.encode(), 1)
    return piece.kind.value, piece.name, packed, _sum(piece.kind.value, piece.name, packed)


def _sum(*parts: str | bytes) -> str:
    encoded = (part.encode() if isinstance(part, str) else part for part in parts)
    return hashlib.sha256(b"\n".join(encoded)).hexdigest()
