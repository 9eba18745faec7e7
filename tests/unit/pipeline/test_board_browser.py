"""The board in a real Chromium: live, light and dark, wide and narrow; axe finds nothing to mend."""

from pathlib import Path

import pytest
from board_ways import busy, never
from chromium_ways import PAPER, Seen, browsing, needs_npm, scripts, serving
from desk import Desk
from legs_ways import legged_irreversible

from pipeline.board.app import Board, application
from pipeline.board.reading import Reader

pytestmark = [pytest.mark.processes, needs_npm]


@pytest.fixture
def seen(desk: Desk, tmp_path: Path, axe: Path) -> Seen:
    desk.bench.site = tmp_path / "site"
    busy(desk)
    board = application(Board(Reader(desk.bench.shop()), ("127.0.0.1",), never))
    return Seen(board, scripts(axe))


@pytest.mark.parametrize(
    "look",
    [
        ("/", "light", "1280,900"),
        ("/", "dark", "500,900"),
        ("/stages/staging", "dark", "1280,900"),
        ("/attempts/p1", "light", "500,900"),
        ("/attempts/p6", "dark", "1280,900"),
        ("/evidence/p1/smoke-1/", "light", "1280,900"),
        ("/attempts/p99", "dark", "1280,900"),
    ],
    ids=" ".join,
)
def test_axe_finds_nothing_and_the_browser_blocks_nothing(
    desk: Desk, seen: Seen, tmp_path: Path, look: tuple[str, str, str]
) -> None:
    path, theme, size = look
    desk(*legged_irreversible(desk))
    with serving(seen.app) as port, browsing(f"http://127.0.0.1:{port}{path}", tmp_path / "b", theme, size):
        found = seen.until(lambda told: told["violations"] is not None)

    assert found["violations"] == []
    assert (found["blocked"], found["errors"]) == ([], [])
    assert found["paper"] == PAPER[theme]
    assert not found["wide"], "the page is wider than the window"


def test_a_change_is_shown_at_once_and_takes_the_focus_from_nobody(
    desk: Desk, seen: Seen, tmp_path: Path
) -> None:
    address = "http://127.0.0.1:{}/"
    with serving(seen.app) as port, browsing(address.format(port), tmp_path / "b", "light", "1280,900"):
        before = seen.until(lambda told: told["live"] == "live")
        assert "Nobody is at hand" not in before["text"]
        desk("hold", "--stage", "dev", "--reason", "Nobody is at hand")
        desk("--stage", "staging", "--release", "r1")
        after = seen.until(lambda told: "Nobody is at hand" in told["text"])

    assert before["focus"] == after["focus"]
    assert before["focus"].startswith("/attempts/p")
    assert after["errors"] == after["blocked"] == []


def test_a_page_that_nobody_sees_holds_no_connection_and_is_refreshed_when_it_is_seen_again(
    desk: Desk, seen: Seen, tmp_path: Path
) -> None:
    address = "http://127.0.0.1:{}/"
    with serving(seen.app) as port, browsing(address.format(port), tmp_path / "b", "light", "1280,900"):
        seen.until(lambda told: told["live"] == "live" and seen.streams == 1)
        seen.hidden = True
        seen.until(lambda told: told["hidden"] and seen.streams == 0)
        desk("hold", "--stage", "dev", "--reason", "Nobody is at hand")
        looks = iter(range(8))
        unchanged = seen.until(lambda _: next(looks, None) is None)
        assert "Nobody is at hand" not in unchanged["text"]

        seen.hidden = False
        seen.until(lambda told: "Nobody is at hand" in told["text"] and seen.streams == 1)


def test_what_somebody_has_unfolded_stays_so_when_the_page_changes(
    desk: Desk, seen: Seen, tmp_path: Path
) -> None:
    desk.bench.world.checks["smoke"] = ("thing/smoke", "galera/healthy", "keystone/token")
    desk.bench.reliance = {
        "hosts": {"galera": ["db-1"], "keystone": ["id-1"]},
        "units": {},
        "rests_on": {"keystone": {"galera": "any"}},
    }
    desk.bench.commit("red", a="9")
    desk.bench.answers["smoke"] = "failed"
    desk("--stage", "dev")
    tried = desk.bench.shop().history().attempts.values()
    attempt = [one.id for one in tried if any(gate.findings for gate in one.evidence.values())][-1]
    address = f"http://127.0.0.1:{{}}/attempts/{attempt}"
    with serving(seen.app) as port, browsing(address.format(port), tmp_path / "b", "light", "1280,900"):
        before = seen.until(lambda told: told["live"] == "live" and told["open"])
        folder = desk.bench.site / "runs" / attempt / "smoke-1"
        assert "Its evidence is not on this machine" in before["text"]
        folder.mkdir(parents=True)
        desk("hold", "--stage", "staging", "--reason", "a fair")
        after = seen.until(lambda told: "Its evidence is not on this machine" not in told["text"])

    assert after["open"] == before["open"]
    assert after["focus"] == before["focus"] == "1 likely consequence: keystone 1"
