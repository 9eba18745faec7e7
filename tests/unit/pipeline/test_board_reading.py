"""What the board reads is worked out once, and again after an event that changes it."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from desk import Desk, green, red

from pipeline.board import kept
from pipeline.board.kept import Kept
from pipeline.board.reading import Reader
from pipeline.cli.found import Found


@pytest.fixture
def desk(desk: Desk, tmp_path: Path) -> Desk:
    desk.bench.site = tmp_path
    return desk


def test_causes_are_grouped_once_however_often_pages_are_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk(*red(desk))
    asked: Counter[str] = Counter()
    grouped = Found.data

    def counted(self: Found, site: Path) -> list[dict[str, object]]:
        asked[self.attempt] += 1
        return grouped(self, site)

    monkeypatch.setattr(Found, "data", counted)
    reader = Reader(desk.bench.shop())
    before = reader.overview()
    desk("hold", "--stage", "staging", "--reason", "a fair")
    for _ in range(3):
        assert reader.overview().attempts == before.attempts
        assert (stage := reader.stage("dev")) is not None
        assert stage.attempts == before.attempts
        assert (attempt := reader.attempt("p1")) is not None
        assert attempt.document["attempt"] in before.attempts

    assert before.attempts
    assert asked
    assert set(asked.values()) == {1}


def test_a_document_is_made_anew_after_an_event_of_its_attempt(desk: Desk) -> None:
    desk.interrupted(*green(desk), after=6)
    reader = Reader(desk.bench.shop())
    (before,) = reader.overview().attempts
    desk("resume")

    (after,) = reader.overview().attempts

    assert (before["outcome"], after["outcome"]) == (None, "verified")


def test_of_many_attempts_those_looked_at_last_are_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk(*green(desk))
    monkeypatch.setattr(kept, "_MOST", 2)
    history, made = desk.bench.shop().history(), Kept()
    ones = [replace(history.attempts["p1"], id=f"p{number}") for number in (1, 2, 3)]
    first, second, _ = (made(history, one, desk.bench.site) for one in ones)

    assert made(history, ones[1], desk.bench.site) is second
    assert made(history, ones[0], desk.bench.site) is not first
