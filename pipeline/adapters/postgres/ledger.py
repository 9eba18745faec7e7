"""The Ledger port on PostgreSQL. The clock is the database's, so that machines need not agree on the time."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection

from pipeline.adapters.file_lock import locked as file_locked
from pipeline.adapters.files import write_atomically
from pipeline.adapters.leases import locked, require_current, token_file
from pipeline.adapters.postgres import leases, rows
from pipeline.adapters.postgres.address import Address
from pipeline.adapters.postgres.migrating import migrate
from pipeline.adapters.postgres.tables import SCHEMA
from pipeline.adapters.postgres.transactions import Transactions
from pipeline.core import events as ev
from pipeline.core.chain import Head
from pipeline.core.errors import LedgerMoved
from pipeline.core.leases import Lease, Liveness, granted, why_free
from pipeline.core.migrated import Migrated
from pipeline.core.rows import Row, read

_AT_ONCE = 1000  # rows
# Of the time that a lease lasts: three renewals and their retries fit into it.
_RENEWAL = 1 / 6


class PostgresLedger:
    """The Ledger port on the server at this address; tokens also go to `<site>/leases/<stage>.json`.

    `holder` is this process. Whether another one still runs is told by its lease alone, which it renews: a
    process id means nothing on another machine. `say` tells of outages.
    """

    def __init__(
        self,
        site: Path,
        address: Address,
        *,
        environment: Mapping[str, str],
        holder: ev.Holder,
        say: Callable[[str], None],
    ) -> None:
        self._site = site
        self._holder = holder
        self._database = Transactions(address, environment, say)

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    def read(self, after: int = 0, most: int | None = None) -> Sequence[ev.Record]:
        """Every event numbered above `after`. Raises LedgerDamaged with the number of a damaged one."""
        return tuple(read(row, self._database.where) for row in self._stored(after, most))

    def rows(self) -> Iterator[Row]:
        """Every row, read in batches."""
        last = 0
        while batch := self._stored(last, _AT_ONCE):
            yield from batch
            last = batch[-1].seq

    def digest(self, seq: int) -> str | None:
        """The digest of this event, if it is stored."""
        found = self._stored(after=seq - 1, most=1)
        return found[0].digest if found and found[0].seq == seq else None

    def head(self) -> Head:
        """The last row."""
        return self._database.read(rows.head)

    def append(
        self, events: Sequence[ev.Event], *, lease: Lease | None = None, head: int | None = None
    ) -> Sequence[ev.Record]:
        """Append events in one transaction. Raises LeaseLost, LedgerMoved, TryAgain."""

        def appended(connection: Connection) -> Sequence[ev.Record]:
            if lease is not None:
                require_current(lease, leases.current(connection, lease.stage))
            last = rows.head(connection).seq
            if head is not None and head != last:
                raise LedgerMoved(f"the ledger is at event {last}, not {head}", next="try again")
            return rows.add(connection, events, rows.moment(connection))

        return self._database.write(appended)

    def acquire(self, stage: str, purpose: str, ttl_s: float) -> Lease:
        """Take the lease, with the next token. Raises StageLocked.

        It is also above the one that this machine knows, perhaps of an earlier ledger: children go by that.
        """
        known = self._known(stage)

        def taken(connection: Connection) -> Lease:
            now = rows.moment(connection)
            current, newest = leases.current(connection, stage), leases.newest_token(connection, stage)
            why = why_free(current, now, Liveness.UNKNOWN)
            if why is None:
                raise locked(current, now)
            lease = Lease(stage, max(newest, known) + 1, purpose, self._holder, now + ttl_s)
            taken_from = current.token if current else None
            event = ev.LeaseTaken(stage, lease.token, purpose, self._holder, why, taken_from)
            rows.add(connection, [event], now)
            leases.store(connection, lease, held=True)
            return lease

        lease = self._database.write(taken)
        self._note(stage, lease.token)
        return lease

    def renew(self, lease: Lease, ttl_s: float) -> Lease:
        """Extend the lease. Raises LeaseLost."""

        def renewed(connection: Connection) -> Lease:
            # If another machine took the stage, children of this one that still act learn it from the file.
            self._note(lease.stage, leases.newest_token(connection, lease.stage))
            require_current(lease, leases.current(connection, lease.stage))
            expires = rows.moment(connection) + ttl_s
            longer = Lease(lease.stage, lease.token, lease.purpose, lease.holder, expires)
            leases.store(connection, longer, held=True)
            return longer

        return self._database.write(renewed, within_s=ttl_s * _RENEWAL)

    def give_back(self, lease: Lease) -> None:
        """Release the lease, unless it was taken over. Records the retries that this process has made."""
        retries = self._database.take_retries()

        def given_back(connection: Connection) -> None:
            current = leases.current(connection, lease.stage)
            if current is None or current.token != lease.token:
                return
            returned = ev.LeaseReturned(lease.stage, lease.token, retries)
            rows.add(connection, [returned], rows.moment(connection))
            leases.store(connection, lease, held=False)

        try:
            self._database.write(given_back)
        except BaseException:
            self._database.leave_retries(retries)
            raise

    def lease_on(self, stage: str) -> Lease | None:
        """The current lease on the stage, expired or not."""
        return self._database.read(lambda connection: leases.current(connection, stage))

    def worker_on(self, stage: str) -> Lease | None:
        """The lease on the stage, unless the stage may be taken."""

        def working(connection: Connection) -> Lease | None:
            lease = leases.current(connection, stage)
            free = why_free(lease, rows.moment(connection), Liveness.UNKNOWN)
            return lease if free is None else None

        return self._database.read(working)

    def fill(self, found: Sequence[Row]) -> None:
        """Take over the rows of another ledger. Raises LedgerMoved if this one is not empty."""
        # Before the transaction: the server ends one that stands still, and many events take a while.
        leased = tuple(granted(read(row, self._database.where) for row in found).values())

        def filled(connection: Connection) -> None:
            last = rows.head(connection).seq
            if last:
                raise LedgerMoved(
                    f"the ledger is not empty: it is at event {last}", where=self._database.where
                )
            rows.keep(connection, found)
            for lease in leased:
                leases.store(connection, lease, held=False)

        self._database.write(filled)

    def migrate(self) -> Migrated:
        """Bring the tables to the schema of this version. Raises LedgerNotUnderstood for a newer one."""
        with self._database.explaining(), self._database.alone() as connection:
            before = migrate(connection, self._database.where)
            connection.commit()
        return Migrated(self._database.where, before, SCHEMA)

    def _stored(self, after: int, most: int | None) -> Sequence[Row]:
        return self._database.read(lambda connection: rows.stored(connection, after, most))

    def _note(self, stage: str, token: int) -> None:
        """Write the token for children of this machine, unless another process has written a greater one."""
        file = token_file(self._site, stage)
        with file_locked(file.with_suffix(".lock")):
            if token > self._known(stage):
                write_atomically(file, json.dumps({"token": token}) + "\n")

    def _known(self, stage: str) -> int:
        """The greatest token that this machine knows of; 0 if it knows none."""
        file = token_file(self._site, stage)
        return int(json.loads(file.read_text())["token"]) if file.exists() else 0
