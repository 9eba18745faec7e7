"""What every ledger promises, asked of the one in memory, the one in SQLite and the one in PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from postgres_server import Server
from shared_ledgers import DatabaseClock, migrated, opened

from pipeline.adapters.ledger_sqlite import SqliteLedger
from pipeline.core import events as ev
from pipeline.core.actor import Actor
from pipeline.core.chain import Head, append
from pipeline.core.errors import LeaseLost, LedgerMoved, StageLocked
from pipeline.core.leases import Liveness
from pipeline.core.rows import read
from pipeline.core.verification import verify
from pipeline.ports import Clock, Ledger
from pipeline.testing import MemoryLedger, MemoryStore, StoppedClock
from pipeline.testing.ledger import holder


@dataclass
class Disk:
    """What processes share: `open(pid)` is a ledger as the process with this pid sees it.

    `dead` are those that died; None where a ledger cannot know, and a lease must expire.
    """

    open: Callable[[int], Ledger]
    dead: set[int] | None
    clock: Clock


@contextmanager
def in_memory(_tmp_path: Path, _request: pytest.FixtureRequest) -> Iterator[Disk]:
    clock, store = StoppedClock(), MemoryStore()
    yield Disk(lambda pid: MemoryLedger(store, clock, pid), store.dead, clock)


@contextmanager
def in_sqlite(tmp_path: Path, _request: pytest.FixtureRequest) -> Iterator[Disk]:
    clock, dead = StoppedClock(), set()

    def liveness(who: ev.Holder) -> Liveness:
        return Liveness.GONE if who.pid in dead else Liveness.UNKNOWN

    def ledger(pid: int) -> SqliteLedger:
        return SqliteLedger(tmp_path / "site", now=clock.now, holder=holder(pid), liveness=liveness)

    yield Disk(ledger, dead, clock)


@contextmanager
def in_postgres(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Disk]:
    server: Server = request.getfixturevalue("postgres")
    url = migrated(server, tmp_path)
    clock = DatabaseClock(url)
    with ExitStack() as stack:
        yield Disk(lambda pid: stack.enter_context(opened(clock.url, tmp_path / str(pid), pid)), None, clock)


@pytest.fixture(params=[in_memory, in_sqlite, in_postgres], ids=["memory", "sqlite", "postgres"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    with request.param(tmp_path, request) as found:
        yield found


def note(text: str) -> ev.HoldPlaced:
    return ev.HoldPlaced(None, text, Actor("somebody"))


def waited(disk: Disk) -> str:
    """Let leases expire; returns what a ledger calls that."""
    disk.clock.sleep(61)
    return "expired"


def died(disk: Disk, pid: int) -> str:
    """Let a holder die. A ledger that cannot know which process died learns of it when its lease expires."""
    if disk.dead is None:
        return waited(disk)
    disk.dead.add(pid)
    return "holder gone"


def test_an_untouched_ledger_is_empty(disk: Disk) -> None:
    assert list(disk.open(1).read()) == []
    assert disk.open(1).lease_on("dev") is None


def test_events_come_back_as_they_were_in_order_and_numbered_without_gaps(disk: Disk) -> None:
    disk.open(1).append([note("a"), note("b")])
    disk.open(2).append([note("c")])

    records = disk.open(3).read()

    assert [record.seq for record in records] == [1, 2, 3]
    assert [record.event for record in records] == [note("a"), note("b"), note("c")]
    assert [record.at for record in records] == [disk.clock.now()] * 3


def test_append_returns_what_it_added_and_reading_can_begin_after_a_number(disk: Disk) -> None:
    disk.open(1).append([note("a"), note("b")])
    added = disk.open(1).append([note("c")])

    assert [record.event for record in added] == [note("c")]
    assert list(disk.open(1).read(after=2)) == list(added)
    assert list(disk.open(1).read(after=3)) == []


def test_an_append_for_an_older_head_adds_nothing(disk: Disk) -> None:
    disk.open(1).append([note("a")])

    with pytest.raises(LedgerMoved):
        disk.open(1).append([note("b"), note("c")], head=0)
    disk.open(1).append([note("d")], head=1)

    assert [record.event for record in disk.open(1).read()] == [note("a"), note("d")]


def test_only_one_holds_a_stage(disk: Disk) -> None:
    disk.open(1).acquire("dev", "promote r1", 60)

    with pytest.raises(StageLocked, match="promote r1"):
        disk.open(2).acquire("dev", "promote r2", 60)
    disk.open(2).acquire("staging", "promote r2", 60)


def test_a_lease_that_was_returned_is_worth_nothing_and_the_next_has_a_greater_token(disk: Disk) -> None:
    first = disk.open(1).acquire("dev", "one", 60)
    disk.open(1).give_back(first)
    with pytest.raises(LeaseLost):
        disk.open(1).append([note("a")], lease=first)
    second = disk.open(2).acquire("dev", "two", 60)

    assert second.token > first.token
    kinds = [type(record.event) for record in disk.open(1).read()]
    assert kinds == [ev.LeaseTaken, ev.LeaseReturned, ev.LeaseTaken]


@pytest.mark.parametrize("way", ["expired", "dead"])
def test_a_lease_under_which_nobody_can_act_is_taken_over_at_once_with_the_reason(
    disk: Disk, way: str
) -> None:
    first = disk.open(1).acquire("dev", "one", 60)
    why = died(disk, 1) if way == "dead" else waited(disk)
    second = disk.open(2).acquire("dev", "two", 60)

    taken = disk.open(2).read()[-1].event
    assert isinstance(taken, ev.LeaseTaken)
    assert (taken.why, taken.from_token, taken.token) == (why, first.token, second.token)


def test_a_renewed_lease_does_not_expire(disk: Disk) -> None:
    lease = disk.open(1).acquire("dev", "one", 60)
    disk.clock.sleep(50)
    disk.open(1).renew(lease, 60)
    disk.clock.sleep(50)

    with pytest.raises(StageLocked):
        disk.open(2).acquire("dev", "two", 60)


def test_who_lost_the_lease_can_neither_append_nor_renew_nor_give_it_back(disk: Disk) -> None:
    lost = disk.open(1).acquire("dev", "one", 60)
    disk.clock.sleep(61)
    kept = disk.open(2).acquire("dev", "two", 60)
    before = len(disk.open(1).read())

    with pytest.raises(LeaseLost):
        disk.open(1).append([note("a")], lease=lost)
    with pytest.raises(LeaseLost):
        disk.open(1).renew(lost, 60)
    disk.open(1).give_back(lost)

    assert len(disk.open(1).read()) == before
    assert disk.open(1).lease_on("dev") == kept
    disk.open(2).append([note("b")], lease=kept)


def test_everybody_sees_who_holds_a_stage_and_who_may_still_work_on_it(disk: Disk) -> None:
    reader = disk.open(2)
    assert reader.worker_on("dev") is None
    lease = disk.open(1).acquire("dev", "promote r1", 60)
    assert lease.expires == disk.clock.now() + 60
    assert reader.worker_on("dev") == reader.lease_on("dev") == lease
    disk.clock.sleep(61)
    assert reader.worker_on("dev") is None
    lease = disk.open(1).acquire("dev", "promote r1", 60)
    died(disk, 1)
    assert reader.worker_on("dev") is None
    assert reader.lease_on("dev") == lease


def test_rows_are_chained_and_the_head_is_the_last(disk: Disk) -> None:
    assert (list(disk.open(1).rows()), disk.open(1).head()) == ([], Head())
    disk.open(1).append([note("a"), note("b")])
    disk.open(2).give_back(disk.open(2).acquire("dev", "promote r1", 60))

    rows = tuple(disk.open(3).rows())
    found = verify(rows)

    assert [read(row, "ledger") for row in rows] == list(disk.open(3).read())
    assert (found.events, found.chained, found.damaged) == (4, True, ())
    assert found.head == disk.open(3).head() == Head(4, rows[-1].digest or "")


def test_equal_events_at_equal_times_have_equal_rows_in_every_ledger(disk: Disk) -> None:
    disk.open(1).append([note("a"), note("ü\n")])

    assert tuple(disk.open(1).rows()) == append(Head(), disk.clock.now(), [note("a"), note("ü\n")])


def test_an_empty_ledger_takes_over_another_as_it_is_and_its_tokens_go_on(disk: Disk) -> None:
    store = MemoryStore()
    other = MemoryLedger(store, StoppedClock(7.5))
    other.give_back(other.acquire("dev", "one", 60))
    other.acquire("dev", "two", 60)
    other.append([note("ü\n")])

    disk.open(1).fill(store.rows)

    assert list(disk.open(1).rows()) == store.rows
    assert disk.open(1).lease_on("dev") is None
    assert disk.open(2).acquire("dev", "three", 60).token == 3
    assert verify(disk.open(1).rows(), other.head()).damaged == ()


def test_a_ledger_with_events_takes_over_none(disk: Disk) -> None:
    store = MemoryStore()
    MemoryLedger(store, StoppedClock()).append([note("other")])
    disk.open(1).append([note("a")])
    before = list(disk.open(1).rows())

    with pytest.raises(LedgerMoved, match="not empty"):
        disk.open(1).fill(store.rows)

    assert list(disk.open(1).rows()) == before


def test_to_migrate_a_ledger_of_this_version_changes_nothing(disk: Disk) -> None:
    disk.open(1).append([note("a")])
    before = list(disk.open(1).rows())

    done = disk.open(1).migrate()

    assert done.before == done.after
    assert list(disk.open(1).rows()) == before
