"""Tables on a terminal: as wide as it is. Anywhere else nothing is cut."""

import os

import pytest
from desk import Desk, green

from pipeline.cli.columns import aligned

HEADER = ("ATTEMPT", "WHY", "EVIDENCE")
ROW = ("p1", "the gate was turned down by three checks", "/srv/a/very/long/place/runs/p1")


def test_without_a_width_a_row_is_a_line() -> None:
    assert aligned(HEADER, [ROW], None) == [
        f"ATTEMPT  {'WHY':40}  EVIDENCE",
        f"p1       {ROW[1]}  {ROW[2]}",
    ]


def test_the_widest_columns_wrap_and_a_path_is_cut_at_its_front() -> None:
    assert aligned(HEADER, [ROW], 45) == [
        "ATTEMPT  WHY                EVIDENCE",
        "p1       the gate was       …ng/place/runs/p1",
        "         turned down by",
        "         three checks",
    ]


@pytest.mark.parametrize("width", range(22, 90))
def test_no_line_is_wider_than_the_terminal_and_no_word_is_lost(width: int) -> None:
    lines = aligned(HEADER, [ROW], width)

    assert max(map(len, lines)) <= width
    assert set(ROW[1].split()) <= set(" ".join(lines).split())


def test_a_table_with_too_many_columns_is_as_wide_as_its_cells() -> None:
    assert aligned(HEADER, [ROW], 21) == aligned(HEADER, [ROW], None)


def test_a_word_that_is_no_path_is_cut_at_its_end() -> None:
    assert aligned(("A", "B"), [("x", "abcdefghijklmno")], 13)[1] == "x  abcdefghi…"


def test_only_a_terminal_has_narrow_tables(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk(*green(desk))
    desk("history")
    whole = desk.out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("shutil.get_terminal_size", lambda _fallback: os.terminal_size((100, 24)))
    desk("history")

    assert max(map(len, whole.splitlines())) > 100
    assert max(map(len, desk.out.splitlines())) <= 100
