"""Sites for the board, and how it is asked."""

import json
from collections.abc import Callable
from dataclasses import replace

from desk import Desk, green, second_fails
from starlette.testclient import TestClient

from pipeline.board.app import Board, application
from pipeline.board.handing import Handing
from pipeline.board.hooks import Hooks
from pipeline.board.reading import Reader
from pipeline.ports import Ledger

PROJECTS = {"cloud/stagegate": "code", "cloud/config": "config"}
SECRET = "a made-up token"
PAGES = (
    "/",
    "/releases/r1",
    "/stages/dev",
    "/stages/staging",
    "/attempts/p1",
    "/attempts/p3",
    "/evidence/p1/",
)


def never() -> bool:
    return False


def asked(
    desk: Desk,
    pushed: Callable[[str], None] | None = None,
    handing: Handing | None = None,
    hosts: tuple[str, ...] = ("testserver",),
    ledger: Ledger | None = None,
) -> TestClient:
    """A client of the board on this desk's site, or of one with another ledger."""
    shop = desk.bench.shop()
    hooks = Hooks(SECRET, PROJECTS, pushed) if pushed else None
    board = Board(Reader(replace(shop, ledger=ledger or shop.ledger)), hosts, never, hooks, handing)
    return TestClient(application(board))


def busy(desk: Desk) -> None:
    """A site where r1 stands verified in dev and staging, r2 failed in dev, and a hold stops staging.

    p2's gate has left evidence, with a drawn report.
    """
    set_up = green(desk)
    desk(*set_up)
    desk("--stage", "staging")
    desk(*second_fails(desk))
    desk("hold", "--stage", "staging", "--reason", "the <fair> & more")
    folder = desk.bench.site / "runs" / "p1" / "smoke-1"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.html").write_text("<!doctype html><p>drawn</p><script>document.title = 1</script>")
    (folder / "report.json").write_text(json.dumps({"checks": []}))
    (folder / "journal.log").write_text("<b>not HTML</b>\n")
