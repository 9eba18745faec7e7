"""`promote ledger export`, `import` and `migrate`: what they write, and what they refuse."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from desk import Desk, green

from pipeline.core.chain import Head, head_of
from pipeline.core.exported import lines, parse
from pipeline.core.rows import Row
from pipeline.testing import MemoryStore


@pytest.fixture
def export(desk: Desk, tmp_path: Path) -> Path:
    """The export of a desk whose dev has a verified release."""
    desk(*green(desk))
    file = tmp_path / "export"
    assert desk("ledger", "export", str(file)) == 0
    return file


def emptied(desk: Desk) -> Sequence[Row]:
    """Give the desk a new ledger; return the rows of the old."""
    rows, desk.bench.store = list(desk.bench.store.rows), MemoryStore()
    return rows


def test_an_export_has_every_event_as_it_is_stored(desk: Desk, export: Path) -> None:
    rows = desk.bench.store.rows
    head, found = parse(export.read_text().splitlines())

    assert (head, list(found)) == (head_of(rows), rows)
    assert desk.out.splitlines() == [f"{len(rows)} events exported to {export}", f"ledger head: {head}"]
    assert export.stat().st_mode & 0o777 == 0o600


def test_an_import_gives_an_empty_ledger_the_same_events(desk: Desk, export: Path) -> None:
    shown = desk.document("show", "p1")
    rows = emptied(desk)

    assert desk("ledger", "import", str(export)) == 0

    assert desk.bench.store.rows == rows
    assert desk.out.splitlines()[0] == f"{len(rows)} events imported from {export}"
    assert desk.document("show", "p1") == shown
    assert desk("ledger", "verify", "--head", str(head_of(rows))) == 0


def test_an_export_goes_to_stdout_alone_and_is_no_document(desk: Desk, export: Path) -> None:
    assert desk("ledger", "export", "-") == 0
    assert desk.out == export.read_text()
    assert "exported to stdout" in desk.err
    assert desk("-o", "json", "ledger", "export", "-") == 2
    assert "export into a file" in desk.err


def test_an_export_replaces_no_file(desk: Desk, export: Path) -> None:
    before = export.read_text()
    assert desk("ledger", "export", str(export)) == 2
    assert f"where: {export}" in desk.err
    assert export.read_text() == before


def test_an_export_that_fails_leaves_no_half_of_a_file(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    desk(*green(desk))
    monkeypatch.setattr("os.fsync", full)
    assert desk("ledger", "export", str(tmp_path / "half")) == 2
    assert "why: No space left on device" in desk.err
    assert not (tmp_path / "half").exists()


def test_what_is_appended_during_an_export_is_not_in_it_and_old_rows_get_digests(
    desk: Desk, export: Path
) -> None:
    rows = desk.bench.store.rows
    without = [Row(row.seq, row.at, row.event, None) for row in rows]
    head = Head(5, rows[4].digest or "")

    assert list(lines(head, without))[1:] == export.read_text().splitlines()[1:6]


def change(number: int, **cells: object) -> object:
    """Change cells of the event in this line."""

    def changed(text: list[str]) -> list[str]:
        line = {**json.loads(text[number - 1]), **cells}
        return [*text[: number - 1], json.dumps(line), *text[number:]]

    return changed


@pytest.mark.parametrize(
    ("damage", "code", "said"),
    [
        (change(4, event="{}"), 1, "event 3 was changed"),
        (lambda text: text[:-1], 1, "cut off"),
        (lambda text: [*text[:3], *text[4:]], 1, "event 3 is missing"),
        (change(1, head="1:" + "0" * 64), 1, "another digest than the head given"),
        (lambda text: [*text, text[-1]], 1, "the export is damaged"),
        (lambda _text: [], 2, "does not say that its format is"),
        (lambda text: text[1:], 2, "does not say that its format is"),
        (lambda text: [*text, "{"], 2, "is not JSON"),
        (lambda text: [*text, "[]"], 2, "is not a JSON object"),
        (lambda text: [*text, "{}"], 2, "is no event"),
        (change(3, digest=None), 2, "line 3 is no event: it has no digest"),
        (change(1, head="7"), 2, "is not a head"),
    ],
)
def test_a_damaged_export_is_refused_whole(
    desk: Desk, export: Path, damage: object, code: int, said: str
) -> None:
    export.write_text("\n".join(damage(export.read_text().splitlines())))
    emptied(desk)

    assert desk("ledger", "import", str(export)) == code

    assert said in desk.err
    assert f"where: {export}" in desk.err
    assert desk.bench.store.rows == []


def test_only_an_empty_ledger_takes_over_another(desk: Desk, export: Path) -> None:
    before = list(desk.bench.store.rows)
    assert desk("ledger", "import", str(export)) == 2
    assert desk.err.splitlines()[0] == "only an empty ledger takes over another"
    assert desk.bench.store.rows == before


def test_an_export_that_cannot_be_read_is_told(desk: Desk, tmp_path: Path) -> None:
    assert desk("ledger", "import", str(tmp_path / "none")) == 2
    assert "the export cannot be read" in desk.err


def test_a_ledger_of_this_version_needs_no_migration(desk: Desk) -> None:
    assert desk("ledger", "migrate") == 0
    assert desk.out == "the ledger in memory has schema 1; nothing was to be done\n"
