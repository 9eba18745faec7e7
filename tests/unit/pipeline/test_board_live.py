"""Server-sent events: one for each change, none without, and a word when the ledger cannot be read."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import anyio
import pytest
from board_ways import busy
from desk import Desk, green

from pipeline.board.live import Fresh, events
from pipeline.board.news import news
from pipeline.board.pages import Pages
from pipeline.board.reading import Reader
from pipeline.core import events as ev
from pipeline.core.errors import TryAgain

Told = tuple[str, str]


class Ticking:
    """A clock that is a second on at each look."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        self.time += 1.0
        return self.time


@pytest.fixture
def desk(desk: Desk, tmp_path: Path) -> Desk:
    desk.bench.site = tmp_path
    return desk


@pytest.fixture
def fresh(desk: Desk) -> Fresh:
    desk(*green(desk))
    reader = Reader(desk.bench.shop())
    return Fresh(reader, Pages(desk.bench.site), Ticking())


def told(fresh: Fresh, *between: Callable[[], object]) -> list[Told]:
    """The events that come while these things happen, one after each look, and then the server stops."""
    left = [*between]

    def over() -> bool:
        if not left:
            return True
        left.pop(0)()
        return False

    async def read(stream: AsyncIterator[str]) -> list[str]:
        return [message async for message in stream]

    found = anyio.run(lambda: read(events(fresh, over, 0.0)))
    assert found[0] == "retry: 2000\n\n"
    return [_parsed(message) for message in found[1:]]


def _parsed(message: str) -> Told:
    kind, data = message.removesuffix("\n\n").split("\n")
    return kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))["text"]


def nothing() -> None:
    pass


def test_who_begins_to_look_is_told_what_happened_last(fresh: Fresh) -> None:
    ((kind, text),) = told(fresh, nothing)

    assert kind == "changed"
    assert text.endswith("dev, p1: verified")


def test_there_is_an_event_for_each_change_and_no_other(desk: Desk, fresh: Fresh) -> None:
    def promoted() -> None:
        desk.bench.commit("second", a="2")
        desk("--stage", "dev")

    found = told(
        fresh, nothing, nothing, promoted, nothing, lambda: desk("hold", "--reason", "fair"), nothing
    )

    assert [kind for kind, _ in found] == ["changed"] * 3
    assert found[1][1].endswith("dev, p2: verified")


def test_a_ledger_that_is_busy_is_told_once_and_looked_at_again(
    fresh: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy_ledger(_reader: Reader) -> None:
        raise TryAgain("the ledger is busy", next="try again")

    def breaks() -> None:
        monkeypatch.setattr(Reader, "overview", busy_ledger)

    found = told(fresh, nothing, breaks, nothing, monkeypatch.undo, nothing)

    assert [kind for kind, _ in found] == ["changed", "trouble", "changed"]
    assert "the ledger is busy" in found[1][1]


def test_a_page_is_rendered_once_for_all_who_look_in_a_second(desk: Desk) -> None:
    desk(*green(desk))
    fresh = Fresh(Reader(desk.bench.shop()), Pages(desk.bench.site), lambda: 5.0)

    assert fresh.overview() is fresh.overview()


def test_news_leave_out_that_single_steps_begin_and_succeed(desk: Desk) -> None:
    busy(desk)
    shop = desk.bench.shop()

    found = news(shop.ledger.read(), shop.history())
    texts = [one.text for one in found]

    assert len(texts) == 12
    assert not any("make a" in text for text in texts)
    assert [one.seq for one in found] == sorted((one.seq for one in found), reverse=True)
    assert ("dev", "p4") in {(one.stage, one.attempt) for one in found}
    assert any(isinstance(record.event, ev.StepStarted) for record in shop.ledger.read())
