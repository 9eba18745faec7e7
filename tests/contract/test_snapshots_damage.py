"""A file of snapshots that was damaged, removed, or is of another version: no answer changes."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.adapters.snapshots_sqlite import SqliteSnapshots
from pipeline.core.chain import Head
from pipeline.core.history import History, replay
from pipeline.engine.promote import Wish, promote
from pipeline.folding import fold
from pipeline.testing import Bench


class Kept:
    """A ledger with two promotions, and a snapshot of it in a file; `said` is what was told of it."""

    def __init__(self, site: Path) -> None:
        self.site, self.bench = site, Bench()
        self.said: list[str] = []
        site.mkdir()
        for name in ("first", "second"):
            self.bench.commit(name, a=name)
            promote(self.bench.shop(), Wish("dev"))
        self.whole = replay(self.bench.store.records)
        self.ledger = self.bench.shop().ledger
        self.fold(many=1)
        self.file = site / "snapshots" / "1-a.sqlite"
        assert self.file.exists()

    def snapshots(self, version: str = "1-a") -> SqliteSnapshots:
        return SqliteSnapshots(self.site, version, replayed=lambda: self.whole, say=self.said.append)

    def fold(self, many: int = 1000) -> History:
        return fold(self.ledger, self.snapshots(), many)

    def change(self, statement: str) -> None:
        with closing(sqlite3.connect(self.file)) as database, database:
            assert database.execute(statement).rowcount


@pytest.fixture
def kept(site: Path) -> Kept:
    return Kept(site)


def garbage(kept: Kept) -> None:
    kept.file.write_bytes(b"no database at all, and long enough to be looked at" * 400)


def cut_short(kept: Kept) -> None:
    kept.file.write_bytes(kept.file.read_bytes()[:6000])


def changing(statement: str) -> Callable[[Kept], None]:
    return lambda kept: kept.change(statement)


DAMAGES = {
    "garbage": garbage,
    "cut short": cut_short,
    "state": changing("UPDATE state SET text = replace(text, 'true', 'false')"),
    "head": changing("UPDATE state SET seq = seq - 1"),
    "attempt": changing("UPDATE pieces SET packed = x'00' WHERE name = 'p1'"),
    "another attempt": changing("UPDATE pieces SET name = 'p9' WHERE name = 'p1'"),
    "release": changing("UPDATE pieces SET sum = 'x' WHERE kind = 'release'"),
    "no attempts": changing("DELETE FROM pieces WHERE kind = 'attempt'"),
    "no releases": changing("DELETE FROM pieces WHERE kind = 'release'"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_one_is_told_of_once_and_made_again(kept: Kept, damage: Callable[[Kept], None]) -> None:
    damage(kept)

    history = kept.fold()

    assert history == kept.whole
    assert dict(history.attempts) == dict(kept.whole.attempts)
    (said,) = kept.said
    assert said.startswith(f"the snapshot {kept.file} is damaged (")
    assert said.endswith("): it is removed, and made again from the events")
    assert kept.fold(many=1) == kept.whole
    assert kept.file.exists()
    assert len(kept.said) == 1


def test_who_asks_for_one_release_reads_no_other(kept: Kept) -> None:
    whole, damaged = sorted(kept.whole.releases)
    kept.change(
        "UPDATE pieces SET sum = 'x' WHERE name = (SELECT max(name) FROM pieces WHERE kind = 'release')"
    )

    releases = kept.fold().releases

    assert releases[whole] == kept.whole.releases[whole]
    assert not kept.said
    assert releases[damaged] == kept.whole.releases[damaged]
    assert len(kept.said) == 1


@pytest.mark.parametrize("empty", [True, False], ids=["emptied", "removed"])
def test_without_its_file_everything_is_folded(kept: Kept, *, empty: bool) -> None:
    kept.file.unlink()
    if empty:
        kept.file.touch()

    assert kept.fold(many=1) == kept.whole

    assert kept.snapshots().newest() is not None
    assert kept.said == []


def test_who_may_not_write_gets_the_answer_all_the_same(kept: Kept) -> None:
    kept.file.unlink()
    kept.file.parent.rmdir()
    kept.file.parent.touch()  # no folder: whoever runs this test, root too, cannot write into it

    assert kept.fold(many=1) == kept.whole

    assert kept.said[0].startswith(f"the snapshot {kept.file} could not be kept: ")


def test_another_version_does_not_use_it_and_leaves_it_there(kept: Kept) -> None:
    other = kept.snapshots("1-b")

    assert other.newest() is None
    other.keep(kept.whole, Head(kept.whole.head, "d"), None)

    assert {path.name for path in kept.file.parent.iterdir()} == {"1-a.sqlite", "1-b.sqlite"}
    assert kept.snapshots().newest() is not None


def test_files_of_many_versions_do_not_pile_up(kept: Kept) -> None:
    for version in ("1-b", "1-c", "1-d", "1-e"):
        kept.snapshots(version).keep(kept.whole, Head(kept.whole.head, "d"), None)

    assert len(list(kept.file.parent.iterdir())) == 3
    assert kept.snapshots("1-e").newest() is not None


def test_pieces_of_a_snapshot_that_was_replaced_are_not_mixed_with_those_of_another(kept: Kept) -> None:
    before = kept.snapshots().newest()
    assert before is not None
    kept.snapshots().keep(kept.whole, before.head, None)

    assert before.history == kept.whole  # by the replay: its pieces are gone
    assert len(kept.said) == 1
