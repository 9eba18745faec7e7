"""Files of older schemas, and files that somebody has tampered with."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pipeline.adapters.ledger_sqlite import SqliteLedger
from pipeline.core import events as ev
from pipeline.core.actor import Actor
from pipeline.core.chain import Head
from pipeline.core.errors import LedgerDamaged
from pipeline.core.history import replay
from pipeline.core.leases import Liveness
from pipeline.core.verification import Damage, verify
from pipeline.testing.ledger import holder

FILES = Path(__file__).parents[1] / "unit" / "pipeline" / "ledgers"
# Computed once from file-1.sql. If it changes, heads that were noted are worthless: the formula must not.
HEAD_OF_FILE_1 = Head(30, "ca69ba612e56fb7e968b31f001fb33bee4fb1ab0962f76cbd461ad7593cefc19")


def ledger(site: Path) -> SqliteLedger:
    return SqliteLedger(
        site, now=lambda: 1000001.0, holder=holder(1), liveness=lambda _holder: Liveness.UNKNOWN
    )


def note(text: str) -> ev.HoldPlaced:
    return ev.HoldPlaced(None, text, Actor("somebody"))


@contextmanager
def database(site: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(site / "ledger.sqlite")) as file, file:
        yield file


@contextmanager
def tampered(site: Path) -> Iterator[sqlite3.Connection]:
    """The file without its triggers."""
    with database(site) as file:
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f"DROP TRIGGER {name}")
        yield file


def shape(site: Path) -> list[tuple[str, str]]:
    with database(site) as file:
        found = file.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return sorted((name, " ".join(sql.split())) for name, sql in found)


@pytest.fixture
def written(site: Path) -> Path:
    """A site with five events."""
    ledger(site).append([note(str(n)) for n in range(1, 6)])
    return site


@pytest.fixture
def old(site: Path) -> Path:
    """A site whose ledger is a file of schema 1: two promotions, a rollback, a hold, a lease."""
    site.mkdir()
    with closing(sqlite3.connect(site / "ledger.sqlite")) as file:
        file.executescript((FILES / "file-1.sql").read_text())
    return site


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO events VALUES (3, 1.0, '{}', 'd')",
        "REPLACE INTO events VALUES (5, 1.0, '{}', 'd')",
        "INSERT OR IGNORE INTO events VALUES (3, 1.0, '{}', 'd')",
        "INSERT INTO events VALUES (3, 1.0, '{}', 'd') ON CONFLICT DO UPDATE SET event = '{}'",
        "INSERT INTO events VALUES (7, 1.0, '{}', 'd')",
        "INSERT INTO events VALUES (NULL, 1.0, '{}', 'd')",
        "INSERT INTO events (seq, at, event) VALUES (6, 1.0, '{}')",
        "UPDATE events SET digest = 'd' WHERE seq = 5",
    ],
)
def test_the_file_takes_the_next_event_and_nothing_else(written: Path, statement: str) -> None:
    before = tuple(ledger(written).rows())
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), database(written) as file:
        file.execute(statement)
    assert tuple(ledger(written).rows()) == before


def test_a_file_of_schema_1_is_read_as_it_is_and_not_touched(old: Path) -> None:
    file = old / "ledger.sqlite"
    before = file.read_bytes()
    reader = ledger(old)

    history = replay(reader.read())

    assert (history.head, list(history.attempts)) == (30, ["p1", "p2", "p3"])
    assert {row.digest for row in reader.rows()} == {None}
    assert reader.head() == HEAD_OF_FILE_1
    lease = reader.lease_on("dev")
    assert lease is not None
    assert lease.token == 3
    assert (file.read_bytes(), [path.name for path in old.iterdir()]) == (before, ["ledger.sqlite"])


def test_the_first_write_chains_a_file_of_schema_1_from_its_first_event(old: Path, tmp_path: Path) -> None:
    before = tuple(ledger(old).rows())

    ledger(old).append([note("new")])

    rows = tuple(ledger(old).rows())
    assert [(row.seq, row.at, row.event) for row in rows[:30]] == [
        (row.seq, row.at, row.event) for row in before
    ]
    found = verify(rows, HEAD_OF_FILE_1)
    assert (found.chained, found.damaged, found.events) == (True, (), 31)
    ledger(tmp_path / "new").append([note("new")])
    assert shape(old) == shape(tmp_path / "new")


def test_a_first_write_while_every_row_is_read_looks_like_no_damage(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.adapters.ledger_sqlite._AT_ONCE", 10)
    rows = iter(ledger(old).rows())
    first = next(rows)
    ledger(old).append([note("new")])

    found = verify((first, *rows))

    assert (found.events, found.chained, found.damaged) == (30, False, ())


def test_a_first_write_that_fails_leaves_a_file_of_schema_1(old: Path) -> None:
    before = (old / "ledger.sqlite").read_bytes()
    with pytest.raises(TypeError):
        ledger(old).append([ev.HoldPlaced(None, object(), Actor("somebody"))])
    assert {row.digest for row in ledger(old).rows()} == {None}
    assert (old / "ledger.sqlite").read_bytes() == before


def test_a_damaged_file_of_schema_1_is_chained_as_it_is(old: Path) -> None:
    with tampered(old) as file:
        file.execute("UPDATE events SET event = CAST(x'FF' AS TEXT) WHERE seq = 17")
        file.execute("DELETE FROM events WHERE seq = 20")

    ledger(old).append([note("new")])

    named = [(one.seq, one.damage) for one in verify(ledger(old).rows()).damaged]
    assert named == [(17, Damage.UNREADABLE), (20, Damage.MISSING)]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE events SET event = 'text' WHERE seq = 3", [(3, Damage.CHANGED)]),
        ("UPDATE events SET event = CAST(x'FF00' AS TEXT) WHERE seq = 3", [(3, Damage.CHANGED)]),
        ("UPDATE events SET at = 9e999 WHERE seq = 3", [(3, Damage.CHANGED)]),
        ("UPDATE events SET digest = NULL WHERE seq = 5", [(5, Damage.CHANGED)]),
        ("UPDATE events SET digest = CAST(x'FF' AS TEXT) WHERE seq = 5", [(5, Damage.CHANGED)]),
        ("DELETE FROM events WHERE seq = 3", [(3, Damage.MISSING)]),
        (
            """
            UPDATE events SET seq = 9 WHERE seq = 2;
            UPDATE events SET seq = 2 WHERE seq = 4;
            UPDATE events SET seq = 4 WHERE seq = 9;
            """,
            [(2, Damage.MOVED), (4, Damage.MOVED)],
        ),
    ],
)
def test_every_way_to_tamper_with_the_file_is_named(
    written: Path, statement: str, named: list[tuple[int, Damage]]
) -> None:
    with tampered(written) as file:
        file.executescript(statement)
    assert [(one.seq, one.damage) for one in verify(ledger(written).rows()).damaged] == named


def test_a_reader_names_the_damaged_event_and_the_file(written: Path) -> None:
    with tampered(written) as file:
        file.execute("UPDATE events SET event = '{}' WHERE seq = 3")

    with pytest.raises(LedgerDamaged) as raised:
        ledger(written).read()

    assert raised.value.what == f"event 3 of {written}/ledger.sqlite is damaged: its schema is None"
    assert raised.value.next == "promote ledger verify"
    assert len(ledger(written).read(after=3)) == 2


@pytest.mark.parametrize("text", ["", "[]", '{"pid": "x"}', "[" * 100_000])
def test_a_damaged_lease_is_named(site: Path, text: str) -> None:
    ledger(site).acquire("dev", "promote", 60)
    with database(site) as file:
        file.execute("UPDATE leases SET holder = ?", (text,))

    for ask in (ledger(site).lease_on, ledger(site).worker_on):
        with pytest.raises(LedgerDamaged, match="the lease on dev is damaged"):
            ask("dev")
    with pytest.raises(LedgerDamaged, match="the lease on dev is damaged"):
        ledger(site).acquire("dev", "another", 60)
