"""The ledger in one SQLite file: rollback journal, synchronous=FULL, BEGIN IMMEDIATE.

Not WAL: before SQLite 3.51.3 its reset race can corrupt the file. Each call opens its own connection, so any
thread may call.
"""

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipeline.adapters.files import write_atomically
from pipeline.core import events as ev
from pipeline.core.codec import decode, encode, plain, revive
from pipeline.core.errors import LeaseLost, LedgerMoved, LedgerNotUnderstood, StageLocked, TryAgain
from pipeline.core.leases import Lease, Liveness, why_free

SCHEMA = 1
_APPLICATION = 0x53474C31  # "SGL1": so that another program's file is not taken for a ledger
_BUSY_S = 30.0
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_TABLES = """
CREATE TABLE events (
    seq INTEGER PRIMARY KEY CHECK (seq > 0),
    at REAL NOT NULL,
    event TEXT NOT NULL
) STRICT;
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TABLE leases (
    stage TEXT PRIMARY KEY,
    token INTEGER NOT NULL,
    held INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    holder TEXT NOT NULL,
    expires REAL NOT NULL
) STRICT;
"""


class SqliteLedger:
    """The Ledger port on `<site>/ledger.sqlite`; tokens also go to `<site>/leases/<stage>.json`.

    `now` returns seconds since 1970, `holder` is this process, `liveness` tells whether a holder still runs.
    """

    def __init__(
        self,
        site: Path,
        *,
        now: Callable[[], float],
        holder: ev.Holder,
        liveness: Callable[[ev.Holder], Liveness],
    ) -> None:
        self._site = site
        self._path = site / "ledger.sqlite"
        self._now = now
        self._holder = holder
        self._liveness = liveness

    def read(self, after: int = 0) -> Sequence[ev.Record]:
        """Every event numbered above `after`; none when there is no ledger yet, and creates no file."""
        if not self._path.exists():
            return ()
        with self._connected() as database:
            if not _scalar(database, "PRAGMA user_version"):
                return ()
            rows = database.execute("SELECT seq, at, event FROM events WHERE seq > ? ORDER BY seq", (after,))
            return tuple(ev.Record(seq, at, decode(json.loads(text))) for seq, at, text in rows)

    def append(
        self, events: Sequence[ev.Event], *, lease: Lease | None = None, head: int | None = None
    ) -> Sequence[ev.Record]:
        """Append events in one transaction. Raises LeaseLost, LedgerMoved, TryAgain."""
        with self._writing() as database:
            if lease is not None:
                _require_current(database, lease)
            last = _head(database)
            if head is not None and head != last:
                raise LedgerMoved(f"the ledger is at event {last}, not {head}", next="try again")
            return self._insert(database, events, last)

    def acquire(self, stage: str, purpose: str, ttl_s: float) -> Lease:
        """Take the lease, with the next token. Raises StageLocked."""
        with self._writing() as database:
            current = _lease(database, stage)
            newest = _scalar(database, "SELECT token FROM leases WHERE stage = ?", stage)
            liveness = Liveness.UNKNOWN if current is None else self._liveness(current.holder)
            why = why_free(current, self._now(), liveness)
            if why is None:
                raise _locked(current, self._now())
            lease = Lease(stage, newest + 1, purpose, self._holder, self._now() + ttl_s)
            taken_from = current.token if current else None
            taken = ev.LeaseTaken(stage, lease.token, purpose, self._holder, why, taken_from)
            self._insert(database, [taken], _head(database))
            _store(database, lease, held=True)
            # Inside the transaction, which serialises takers, so the file never gets an older token.
            leases = self._site / "leases"
            leases.mkdir(mode=0o700, exist_ok=True)
            write_atomically(leases / f"{stage}.json", json.dumps({"token": lease.token}) + "\n")
            return lease

    def renew(self, lease: Lease, ttl_s: float) -> Lease:
        """Extend the lease. Raises LeaseLost."""
        with self._writing() as database:
            _require_current(database, lease)
            renewed = Lease(lease.stage, lease.token, lease.purpose, lease.holder, self._now() + ttl_s)
            _store(database, renewed, held=True)
            return renewed

    def give_back(self, lease: Lease) -> None:
        """Release the lease, unless it was taken over."""
        with self._writing() as database:
            current = _lease(database, lease.stage)
            if current is None or current.token != lease.token:
                return
            self._insert(database, [ev.LeaseReturned(lease.stage, lease.token)], _head(database))
            _store(database, lease, held=False)

    def lease_on(self, stage: str) -> Lease | None:
        """The current lease on the stage, expired or not."""
        if not self._path.exists():
            return None
        with self._connected() as database:
            return _lease(database, stage)

    def worker_on(self, stage: str) -> Lease | None:
        """The lease on the stage, unless the stage may be taken."""
        lease = self.lease_on(stage)
        if lease is None or why_free(lease, self._now(), self._liveness(lease.holder)) is not None:
            return None
        return lease

    def _insert(
        self, database: sqlite3.Connection, events: Sequence[ev.Event], last: int
    ) -> tuple[ev.Record, ...]:
        now = self._now()
        records = tuple(ev.Record(last + n, now, event) for n, event in enumerate(events, start=1))
        database.executemany(
            "INSERT INTO events (seq, at, event) VALUES (?, ?, ?)",
            [(r.seq, r.at, json.dumps(encode(r.event), sort_keys=True)) for r in records],
        )
        return records

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self._site.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._connected() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                _ensure_schema(database)
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(
                sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)
            ) as database:
                database.execute("PRAGMA journal_mode=DELETE")
                database.execute("PRAGMA synchronous=FULL")
                _refuse_foreign(database)
                yield database
        except sqlite3.DatabaseError as problem:
            if getattr(problem, "sqlite_errorcode", None) in _BUSY:
                raise TryAgain("the ledger is busy", where=str(self._path), why=str(problem)) from problem
            raise LedgerNotUnderstood(
                "the ledger cannot be used", where=str(self._path), why=str(problem)
            ) from problem


def _ensure_schema(database: sqlite3.Connection) -> None:
    if _scalar(database, "PRAGMA user_version") == 0:
        for statement in _TABLES.split(";\n"):
            if statement.strip():
                database.execute(statement)
        database.execute(f"PRAGMA application_id={_APPLICATION}")
        database.execute(f"PRAGMA user_version={SCHEMA}")


def _refuse_foreign(database: sqlite3.Connection) -> None:
    schema = _scalar(database, "PRAGMA user_version")
    if schema > SCHEMA:
        raise LedgerNotUnderstood(
            f"the ledger has schema {schema}; this version reads {SCHEMA}",
            next="use the newer version of promote",
        )
    if schema and _scalar(database, "PRAGMA application_id") != _APPLICATION:
        raise LedgerNotUnderstood("ledger.sqlite is not a ledger of Stagegate", next="choose another --site")


def _scalar(database: sqlite3.Connection, query: str, *arguments: str) -> int:
    row = database.execute(query, arguments).fetchone()
    return int(row[0]) if row is not None and row[0] is not None else 0


def _head(database: sqlite3.Connection) -> int:
    return _scalar(database, "SELECT max(seq) FROM events")


def _lease(database: sqlite3.Connection, stage: str) -> Lease | None:
    if _scalar(database, "PRAGMA user_version") == 0:
        return None
    query = "SELECT token, purpose, holder, expires FROM leases WHERE stage = ? AND held = 1"
    row = database.execute(query, (stage,)).fetchone()
    if row is None:
        return None
    token, purpose, holder, expires = row
    return Lease(stage, token, purpose, revive(ev.Holder, json.loads(holder)), expires)


def _store(database: sqlite3.Connection, lease: Lease, *, held: bool) -> None:
    database.execute(
        "INSERT OR REPLACE INTO leases (stage, token, held, purpose, holder, expires)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (lease.stage, lease.token, int(held), lease.purpose, json.dumps(plain(lease.holder)), lease.expires),
    )


def _require_current(database: sqlite3.Connection, lease: Lease) -> None:
    current = _lease(database, lease.stage)
    if current is None or current.token != lease.token:
        now_held = f"token {current.token} ({current.purpose})" if current else "nobody"
        raise LeaseLost(
            f"the lease on {lease.stage} was lost: we had token {lease.token}, now it is held by {now_held}",
            next="promote status",
        )


def _locked(current: Lease | None, now: float) -> StageLocked:
    if current is None:  # only for the type checker: a stage without a lease can always be taken
        return StageLocked("the stage is locked")
    holder = current.holder
    return StageLocked(
        f"{current.stage} is locked: {current.purpose}",
        where=f"process {holder.pid} on {holder.hostname}, token {current.token}",
        why=f"its lease ends in {max(0, round(current.expires - now))} s unless it is renewed",
        next="wait, or repeat the command with --lock-timeout 15m",
    )
