"""The Ledger port on one SQLite file. Each call opens its own connection, so any thread may call."""

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipeline.adapters import ledger_leases as leases
from pipeline.adapters import ledger_rows as rows
from pipeline.adapters.files import write_atomically
from pipeline.adapters.leases import locked, require_current, token_file
from pipeline.adapters.ledger_file import SCHEMA, connected, schema_of
from pipeline.adapters.ledger_upgrade import upgrade
from pipeline.core import events as ev
from pipeline.core.chain import Head
from pipeline.core.errors import LedgerMoved
from pipeline.core.leases import Lease, Liveness, granted, why_free
from pipeline.core.migrated import Migrated
from pipeline.core.rows import Row, read

_AT_ONCE = 1000  # rows


class SqliteLedger:
    """The Ledger port on `<site>/ledger.sqlite`; tokens also go to `<site>/leases/<stage>.json`.

    `now` returns seconds since 1970, `holder` is this process, `liveness` tells whether a holder still runs.
    Reading changes nothing; the first write brings a file of an older schema to the current one.
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

    def read(self, after: int = 0, most: int | None = None) -> Sequence[ev.Record]:
        """Every event numbered above `after`. Raises LedgerDamaged with the number of a damaged one."""
        return tuple(read(row, str(self._path)) for row in self._stored(after, most))

    def rows(self) -> Iterator[Row]:
        """Every row, read in batches: a reader who stays at it would make those wait who append."""
        last = 0
        while batch := self._stored(last, _AT_ONCE):
            if batch[0].digest is None:  # an old ledger: the next write gives digests to all of its rows
                yield from self._stored(last, None)
                return
            yield from batch
            last = batch[-1].seq

    def digest(self, seq: int) -> str | None:
        """The digest of this event, if it is stored."""
        found = self._stored(after=seq - 1, most=1)
        return found[0].digest if found and found[0].seq == seq else None

    def head(self) -> Head:
        """The last row."""
        if not self._path.exists():
            return Head()
        with connected(self._path) as database:
            return rows.head(database)

    def append(
        self, events: Sequence[ev.Event], *, lease: Lease | None = None, head: int | None = None
    ) -> Sequence[ev.Record]:
        """Append events in one transaction. Raises LeaseLost, LedgerMoved, TryAgain."""
        with self._writing() as database:
            if lease is not None:
                require_current(lease, leases.current(database, lease.stage))
            last = rows.head(database).seq
            if head is not None and head != last:
                raise LedgerMoved(f"the ledger is at event {last}, not {head}", next="try again")
            return rows.insert(database, events, self._now())

    def acquire(self, stage: str, purpose: str, ttl_s: float) -> Lease:
        """Take the lease, with the next token. Raises StageLocked."""
        with self._writing() as database:
            current, newest = leases.current(database, stage), leases.newest_token(database, stage)
            liveness = Liveness.UNKNOWN if current is None else self._liveness(current.holder)
            why = why_free(current, self._now(), liveness)
            if why is None:
                raise locked(current, self._now())
            lease = Lease(stage, newest + 1, purpose, self._holder, self._now() + ttl_s)
            taken_from = current.token if current else None
            taken = ev.LeaseTaken(stage, lease.token, purpose, self._holder, why, taken_from)
            rows.insert(database, [taken], self._now())
            leases.store(database, lease, held=True)
            # Inside the transaction, which serialises takers, so the file never gets an older token.
            file = token_file(self._site, stage)
            file.parent.mkdir(mode=0o700, exist_ok=True)
            write_atomically(file, json.dumps({"token": lease.token}) + "\n")
            return lease

    def renew(self, lease: Lease, ttl_s: float) -> Lease:
        """Extend the lease. Raises LeaseLost."""
        with self._writing() as database:
            require_current(lease, leases.current(database, lease.stage))
            renewed = Lease(lease.stage, lease.token, lease.purpose, lease.holder, self._now() + ttl_s)
            leases.store(database, renewed, held=True)
            return renewed

    def give_back(self, lease: Lease) -> None:
        """Release the lease, unless it was taken over."""
        with self._writing() as database:
            current = leases.current(database, lease.stage)
            if current is None or current.token != lease.token:
                return
            rows.insert(database, [ev.LeaseReturned(lease.stage, lease.token)], self._now())
            leases.store(database, lease, held=False)

    def lease_on(self, stage: str) -> Lease | None:
        """The current lease on the stage, expired or not."""
        if not self._path.exists():
            return None
        with connected(self._path) as database:
            return leases.current(database, stage)

    def worker_on(self, stage: str) -> Lease | None:
        """The lease on the stage, unless the stage may be taken."""
        lease = self.lease_on(stage)
        if lease is None or why_free(lease, self._now(), self._liveness(lease.holder)) is not None:
            return None
        return lease

    def fill(self, found: Sequence[Row]) -> None:
        """Take over the rows of another ledger. Raises LedgerMoved if this one is not empty."""
        with self._writing() as database:
            last = rows.head(database).seq
            if last:
                raise LedgerMoved(f"the ledger is not empty: it is at event {last}", where=str(self._path))
            rows.keep(database, found)
            for lease in granted(read(row, str(self._path)) for row in found).values():
                leases.store(database, lease, held=False)

    def migrate(self) -> Migrated:
        """Bring the file to the current schema, as the next write would."""
        before = 0
        if self._path.exists():
            with connected(self._path) as database:
                before = schema_of(database)
        with self._writing():
            return Migrated(str(self._path), before, SCHEMA)

    def _stored(self, after: int, most: int | None) -> Sequence[Row]:
        """The rows numbered above `after`; none when there is no ledger yet, and creates no file."""
        if not self._path.exists():
            return ()
        with connected(self._path) as database:
            return rows.stored(database, after, most)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self._site.mkdir(mode=0o700, parents=True, exist_ok=True)
        with connected(self._path) as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                upgrade(database)
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")
