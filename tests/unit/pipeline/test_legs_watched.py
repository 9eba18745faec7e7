"""A leg that goes on is shown beside how long it took before."""

import io
from pathlib import Path

import pytest
from desk import Desk
from legs_ways import gates_take, legged_again
from rich.console import Console

from pipeline.cli import view as views
from pipeline.cli.drawing import draw

BEFORE_CUT_OVER, IN_BUILD = 10, 5  # events of the second attempt


@pytest.fixture
def again(desk: Desk, tmp_path: Path) -> list[str]:
    """The command of a second attempt; each of the first one's legs took half a minute."""
    desk.bench.site = tmp_path
    gates_take(desk, 30.0)
    return legged_again(desk)


def under_way(desk: Desk) -> dict:
    found: dict = desk.document("status")["stages"][0]["under_way"]
    return found


def test_status_tells_how_long_the_leg_took_before(desk: Desk, again: list[str]) -> None:
    desk.interrupted(*again, after=IN_BUILD)
    desk.bench.clock.time += 12.0

    way = under_way(desk)

    assert (way["leg"], way["leg_number"], way["legs"]) == ("build", 1, 2)
    assert (way["leg_age_s"], way["leg_forecast_s"]) == (12.0, 30.0)
    desk("status")
    assert "in leg 1 of 2, build, 12s, this leg 12s, took 30s" in desk.out


def test_of_a_leg_that_was_never_made_here_nothing_is_told(desk: Desk, again: list[str]) -> None:
    desk.interrupted("--stage", "staging", "--release", "r1", after=IN_BUILD)
    assert again
    (_, staging, _) = desk.document("status")["stages"]

    assert staging["under_way"]["leg"] == "build"
    assert staging["under_way"]["leg_forecast_s"] is None


def test_between_two_legs_none_goes_on(desk: Desk, again: list[str]) -> None:
    desk.interrupted(*again, after=BEFORE_CUT_OVER)

    way = under_way(desk)

    assert (way["phase"], way["leg"]) == ("between", "cut-over")
    assert (way["leg_age_s"], way["leg_forecast_s"], way["waits"]) == (None, None, None)


def test_the_display_of_a_run_has_it_too_also_when_it_is_resumed(desk: Desk, again: list[str]) -> None:
    desk.interrupted(*again, after=IN_BUILD)
    shop = desk.bench.shop()
    history = shop.history()
    console = Console(file=io.StringIO(), width=90, force_terminal=False)

    view = views.opened(history, shop.ledger.read(), "p2")
    console.print(draw(view, desk.bench.clock.time + 7.0, 24))

    assert isinstance(console.file, io.StringIO)
    assert "leg 1 of 2: build  7.0s, took 30s" in console.file.getvalue()
