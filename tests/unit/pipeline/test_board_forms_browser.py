"""The board's forms in a real Chromium: axe finds nothing, keys reach all, and what one types stays."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from board_ways import busy
from chromium_ways import PAPER, Seen, browsing, needs_npm, scripts, serving
from desk import Desk, set_rules
from login_ways import ANN, Browser, believing

from pipeline.board.login import DONE
from pipeline.core.approval import ApprovalRule
from pipeline.testing.gitlab import FakeGitlab

pytestmark = [pytest.mark.processes, needs_npm]


@pytest.fixture
def gitlab() -> Iterator[FakeGitlab]:
    with FakeGitlab() as server:
        server.oauth.visitor = replace(ANN)
        yield server


@pytest.fixture
def board(desk: Desk, gitlab: FakeGitlab, tmp_path: Path) -> Browser:
    """A board on which people log in; staging asks for an approval, and r1 has a plan for it."""
    desk.bench.site = tmp_path / "site"
    busy(desk)
    believing(desk, gitlab)
    set_rules(desk, "staging", approvals=ApprovalRule(1))
    return Browser(desk, gitlab, "http://127.0.0.1")


@contextlib.contextmanager
def logged_in(board: Browser, gitlab: FakeGitlab, seen: Seen, profile: Path, *look: str) -> Iterator[None]:
    """Have a browser log in, and look at this page then."""
    page, theme, size = look
    with serving(seen.app) as port:
        address = f"http://127.0.0.1:{port}"
        gitlab.oauth.back = f"{address}{DONE}"
        board.plans.begin(board.reader.release("r1").release.id, "staging")
        with browsing(f"{address}/login?page={page}", profile, theme, size):
            yield


@pytest.mark.parametrize(
    ("look", "reached"),
    [
        (
            ("/releases/r1", "light", "1280,900"),
            ["Log out", "Make the plan for staging", "reject-reason", "Reject r1"],
        ),
        (("/releases/r1", "dark", "500,900"), None),
        (
            ("/releases/r1/plans/staging", "dark", "1280,900"),
            ["Log out", "approve-reason", "Approve this plan"],
        ),
        (("/releases/r1/plans/staging", "light", "500,900"), None),
    ],
    ids=str,
)
def test_axe_finds_nothing_in_forms_and_keys_reach_all_of_them(  # noqa: PLR0913, PLR0917 - fixtures
    board: Browser,
    gitlab: FakeGitlab,
    axe: Path,
    tmp_path: Path,
    look: tuple[str, str, str],
    reached: list[str] | None,
) -> None:
    seen = Seen(board.app, scripts(axe))
    with logged_in(board, gitlab, seen, tmp_path / "b", *look):
        found = seen.until(lambda told: told["violations"] is not None)

    assert found["violations"] == []
    assert (found["blocked"], found["errors"]) == ([], [])
    assert found["paper"] == PAPER[look[1]]
    assert not found["wide"], "the page is wider than the window"
    assert reached is None or found["reached"] == reached


def test_what_somebody_types_stays_when_the_page_changes_and_is_sent(
    desk: Desk, board: Browser, gitlab: FakeGitlab, axe: Path, tmp_path: Path
) -> None:
    seen = Seen(board.app, scripts(axe))
    with logged_in(board, gitlab, seen, tmp_path / "b", "/releases/r1", "light", "1280,900"):
        seen.until(lambda told: told["live"] == "live")
        desk("hold", "--stage", "dev", "--reason", "Nobody is at hand")
        after = seen.until(lambda told: "Nobody is at hand" in told["text"])
        assert (after["typed"], after["focus"]) == ("it loses volumes", "reject-reason")
        seen.send = True
        done = seen.until(lambda told: "Rejected by" in told["text"])

    assert "it loses volumes" in done["text"]
    assert done["errors"] == done["blocked"] == []
    (found,) = desk.bench.shop().history().rejections.values()
    assert str(found.by) == "ann, by the board"
