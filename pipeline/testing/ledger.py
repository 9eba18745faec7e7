"""A ledger in memory.

The store outlives an engine process, as a disk does; each process has its own MemoryLedger on it.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipeline.core import events as ev
from pipeline.core.chain import Head, append, head_of
from pipeline.core.errors import LeaseLost, LedgerMoved, StageLocked
from pipeline.core.leases import Lease, Liveness, granted, why_free
from pipeline.core.migrated import Migrated
from pipeline.core.rows import Row, read
from pipeline.ports import Clock
from pipeline.testing.trap import Trap


@dataclass(slots=True)
class MemoryStore:
    """What would be on disk, and the pids of processes that have died. A test may damage the rows."""

    rows: list[Row] = field(default_factory=list)
    leases: dict[str, Lease] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    dead: set[int] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _known: dict[Row, ev.Record] = field(default_factory=dict)

    @property
    def records(self) -> list[ev.Record]:
        """Every event. Raises LedgerDamaged, which names the first that cannot be read."""
        return [self.record(row) for row in self.rows]

    def record(self, row: Row) -> ev.Record:
        """The event of this row; each is decoded once, since the engine reads the whole ledger often."""
        if row not in self._known:
            self._known[row] = read(row, "the ledger in memory")
        return self._known[row]

    def liveness(self, of: ev.Holder) -> Liveness:
        """Whether the process has died; that one still runs is never proved."""
        return Liveness.GONE if of.pid in self.dead else Liveness.UNKNOWN


def holder(pid: int) -> ev.Holder:
    """A holder with this pid on a fictitious machine."""
    return ev.Holder(pid, 1, "boot", "pid:[1]", "machine")


class MemoryLedger:
    """The Ledger port on a MemoryStore, for the process with this pid. Every change passes the trap twice."""

    def __init__(self, store: MemoryStore, clock: Clock, pid: int = 1, trap: Trap | None = None) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder(pid)
        self._trap = trap or Trap()

    def read(self, after: int = 0, most: int | None = None) -> Sequence[ev.Record]:
        with self._store.lock:
            rows = [row for row in self._store.rows if row.seq > after]
            return tuple(self._store.record(row) for row in rows[:most])

    def rows(self) -> Sequence[Row]:
        with self._store.lock:
            return tuple(self._store.rows)

    def head(self) -> Head:
        with self._store.lock:
            return head_of(self._store.rows)

    def digest(self, seq: int) -> str | None:
        with self._store.lock:
            return next((row.digest for row in self._store.rows if row.seq == seq), None)

    def append(
        self, events: Sequence[ev.Event], *, lease: Lease | None = None, head: int | None = None
    ) -> Sequence[ev.Record]:
        names = "+".join(type(event).__name__ for event in events)
        self._trap.pass_(f"before append {names}")
        with self._store.lock:
            if lease is not None:
                self._require_current(lease)
            last = head_of(self._store.rows).seq
            if head is not None and head != last:
                raise LedgerMoved(f"the ledger is at event {last}, not {head}")
            records = self._insert(events)
        self._trap.pass_(f"after append {names}")
        return records

    def acquire(self, stage: str, purpose: str, ttl_s: float) -> Lease:
        self._trap.pass_("before acquire")
        with self._store.lock:
            current = self._store.leases.get(stage)
            why = self._why_free(current)
            if why is None:
                raise StageLocked(f"{stage} is locked: {current.purpose if current else ''}")
            token = self._store.tokens.get(stage, 0) + 1
            lease = Lease(stage, token, purpose, self._holder, self._clock.now() + ttl_s)
            taken_from = current.token if current else None
            self._insert([ev.LeaseTaken(stage, token, purpose, self._holder, why, taken_from)])
            self._store.leases[stage] = lease
            self._store.tokens[stage] = token
        self._trap.pass_("after acquire")
        return lease

    def renew(self, lease: Lease, ttl_s: float) -> Lease:
        with self._store.lock:
            self._require_current(lease)
            renewed = replace(lease, expires=self._clock.now() + ttl_s)
            self._store.leases[lease.stage] = renewed
        return renewed

    def give_back(self, lease: Lease) -> None:
        self._trap.pass_("before give back")
        with self._store.lock:
            current = self._store.leases.get(lease.stage)
            if current is not None and current.token == lease.token:
                del self._store.leases[lease.stage]
                self._insert([ev.LeaseReturned(lease.stage, lease.token)])
        self._trap.pass_("after give back")

    def lease_on(self, stage: str) -> Lease | None:
        return self._store.leases.get(stage)

    def worker_on(self, stage: str) -> Lease | None:
        lease = self._store.leases.get(stage)
        return lease if self._why_free(lease) is None else None

    def fill(self, found: Sequence[Row]) -> None:
        with self._store.lock:
            if self._store.rows:
                last = self._store.rows[-1].seq
                raise LedgerMoved(f"the ledger is not empty: it is at event {last}", where="memory")
            self._store.rows.extend(found)
            leases = granted(self._store.record(row) for row in found)
            self._store.tokens.update({stage: lease.token for stage, lease in leases.items()})

    def migrate(self) -> Migrated:
        return Migrated("the ledger in memory", 1, 1)

    def _why_free(self, lease: Lease | None) -> str | None:
        liveness = Liveness.UNKNOWN if lease is None else self._store.liveness(lease.holder)
        return why_free(lease, self._clock.now(), liveness)

    def _insert(self, events: Sequence[ev.Event]) -> tuple[ev.Record, ...]:
        added = append(head_of(self._store.rows), self._clock.now(), events)
        # Decoded first, so that an event that can't be stored is found here.
        records = tuple(self._store.record(row) for row in added)
        self._store.rows.extend(added)
        return records

    def _require_current(self, lease: Lease) -> None:
        current = self._store.leases.get(lease.stage)
        if current is None or current.token != lease.token:
            raise LeaseLost(f"the lease on {lease.stage} was lost", next="promote status")
