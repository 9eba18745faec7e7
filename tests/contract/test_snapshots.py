"""What every keeper of snapshots promises, asked of the one in memory and the one in SQLite."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.adapters.snapshots_sqlite import SqliteSnapshots
from pipeline.core.chain import Head
from pipeline.core.history import History, replay
from pipeline.engine.promote import Wish, promote
from pipeline.folding import fold
from pipeline.ports import Snapshots
from pipeline.testing import Bench, MemorySnapshots


@pytest.fixture(params=["memory", "sqlite"])
def open_(request: pytest.FixtureRequest, site: Path) -> Callable[[], Snapshots]:
    """What each process sees of the same snapshots."""
    if request.param == "memory":
        kept = MemorySnapshots()
        return lambda: kept
    site.mkdir()
    return lambda: SqliteSnapshots(site, "1-a", replayed=pytest.fail, say=pytest.fail)


@pytest.fixture
def bench() -> Bench:
    """Two releases are verified in dev."""
    bench = Bench()
    for name in ("first", "second"):
        bench.commit(name, a=name)
        promote(bench.shop(), Wish("dev"))
    return bench


def folded(bench: Bench, last: int | None = None) -> History:
    return replay(bench.store.records[:last])


def head(bench: Bench, seq: int) -> Head:
    return Head(seq, bench.store.rows[seq - 1].digest or "")


def test_there_is_none_at_first(open_: Callable[[], Snapshots]) -> None:
    assert open_().newest() is None


@pytest.mark.parametrize("back", [0, 1, 5, 9])
def test_what_was_kept_comes_back_as_it_was(open_: Callable[[], Snapshots], bench: Bench, back: int) -> None:
    seq = len(bench.store.rows) - back
    history = folded(bench, seq)

    open_().keep(history, head(bench, seq), None)

    found = open_().newest()
    assert found is not None
    assert (found.head, found.history) == (head(bench, seq), history)
    assert list(found.history.attempts) == list(history.attempts)


def test_the_next_one_has_the_pieces_of_the_one_before(open_: Callable[[], Snapshots], bench: Bench) -> None:
    middle, last = len(bench.store.rows) // 2, len(bench.store.rows)
    open_().keep(folded(bench, middle), head(bench, middle), None)
    since = open_().newest()
    assert since is not None

    history = replay(bench.store.records[middle:], since.history)
    open_().keep(history, head(bench, last), since)

    found = open_().newest()
    assert found is not None
    assert (found.origin, found.head, found.history) == (since.origin, head(bench, last), folded(bench))


def test_an_older_state_does_not_replace_a_newer_one(open_: Callable[[], Snapshots], bench: Bench) -> None:
    last = len(bench.store.rows)
    open_().keep(folded(bench, 2), head(bench, 2), None)
    since = open_().newest()
    assert since is not None
    open_().keep(replay(bench.store.records[2:], since.history), head(bench, last), since)

    open_().keep(replay(bench.store.records[2:-1], since.history), head(bench, last - 1), since)

    found = open_().newest()
    assert found is not None
    assert found.head == head(bench, last)


def test_one_that_was_made_anew_meanwhile_stays(open_: Callable[[], Snapshots], bench: Bench) -> None:
    open_().keep(folded(bench, 2), head(bench, 2), None)
    since = open_().newest()
    open_().keep(folded(bench, 3), head(bench, 3), None)

    open_().keep(folded(bench), head(bench, len(bench.store.rows)), since)

    found = open_().newest()
    assert found is not None
    assert found.head == head(bench, 3)


def test_folding_keeps_one_after_many_events_and_begins_there(
    open_: Callable[[], Snapshots], bench: Bench
) -> None:
    ledger, last = bench.shop().ledger, len(bench.store.rows)
    assert fold(ledger, open_(), many=last + 1) == folded(bench)
    assert open_().newest() is None
    assert fold(ledger, open_(), many=last) == folded(bench)
    assert open_().newest() is not None

    bench.store.rows[0] = bench.store.rows[1]  # an event that nobody reads any more

    assert fold(ledger, open_()).head == last


def test_one_that_is_not_of_this_ledger_is_not_used_and_replaced(
    open_: Callable[[], Snapshots], bench: Bench
) -> None:
    other = Bench()
    other.commit("another")
    promote(other.shop(), Wish("dev"))
    seq = len(other.store.rows)
    open_().keep(folded(other), head(other, seq), None)

    assert fold(bench.shop().ledger, open_(), many=1) == folded(bench)

    found = open_().newest()
    assert found is not None
    assert found.head == head(bench, len(bench.store.rows))
