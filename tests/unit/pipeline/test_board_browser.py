"""The board in a real Chromium: live, light and dark, wide and narrow; axe finds nothing to mend."""

import contextlib
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from board_ways import busy, never
from desk import Desk
from filelock import FileLock
from legs_ways import legged_irreversible
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from pipeline.board.app import Board, application
from pipeline.board.reading import Reader

AXE = "axe-core@4.14.1"
HERE = Path(__file__).parent
CHROMIUM = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 30)"}
SCHEME = {"light": "1", "dark": "0"}
needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="axe-core comes from npm")
pytestmark = [pytest.mark.processes, needs_npm]


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script of axe-core, installed once for all processes of this run of tests."""
    mine = tmp_path_factory.getbasetemp()
    shared = mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine
    folder, script = shared / "axe", shared / "axe/node_modules/axe-core/axe.min.js"
    quiet = ("--silent", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
    with FileLock(shared / "axe.lock"):
        if not script.exists():
            # Elsewhere at first, so that an install that failed half-way is none.
            fresh = tmp_path_factory.mktemp("axe-install")
            subprocess.run(("npm", "install", *quiet, "--prefix", fresh, AXE), check=True)
            fresh.rename(folder)
    return script


class Seen:
    """The board with the test's scripts in its pages, and what these told last."""

    def __init__(self, board: Starlette, scripts: bytes) -> None:
        self.last: dict[str, Any] = {}
        self.hidden = False  # whether the page is to take itself for one in another tab
        self.streams = 0
        self._told = threading.Condition()
        self._scripts = scripts
        self._board = board
        script = Route("/test/script.js", lambda _: Response(scripts, media_type="text/javascript"))
        told = Route("/test/seen", self._seen, methods=["POST"])
        self.app = Starlette(routes=[script, told, Mount("/", self._with_script)])

    async def _seen(self, request: Request) -> Response:
        found = json.loads(await request.body())
        with self._told:
            self.last = found
            self._told.notify_all()
        return Response("hidden" if self.hidden else "shown")

    async def _with_script(self, scope, receive, send) -> None:  # noqa: ANN001 - as ASGI has them
        """A page gets one more script, of its own host; its policy stays what it is."""

        async def added(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message["headers"] if pair[0] != b"content-length"]
                message = {**message, "headers": kept}
            elif b"</head>" in message.get("body", b""):
                body = message["body"].replace(b"</head>", b'<script src="/test/script.js"></script></head>')
                message = {**message, "body": body}
            await send(message)

        stream = int(scope["path"] == "/events")
        self.streams += stream
        try:
            await self._board({**scope, "root_path": ""}, receive, added)
        finally:
            self.streams -= stream

    def until(self, holds: Callable[[dict[str, Any]], bool], within_s: float = 90) -> dict[str, Any]:
        """What was told last, once this holds of it."""
        with self._told:
            assert self._told.wait_for(lambda: self.last and holds(self.last), within_s), self.last
            return self.last


@contextlib.contextmanager
def serving(app: Starlette) -> Iterator[int]:
    """Serve it on a port of this machine."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < deadline, "it does not start"
            time.sleep(0.05)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(30)


@contextlib.contextmanager
def browsing(address: str, profile: Path, theme: str, size: str) -> Iterator[None]:
    """Have a browser of its own look at it."""
    look = (f"--blink-settings=preferredColorScheme={SCHEME[theme]}", f"--window-size={size}")
    argv = [*CHROMIUM, f"--user-data-dir={profile}", *look, "--remote-debugging-port=0", address]
    environment = {**os.environ, "no_proxy": "127.0.0.1,localhost"}
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL, env=environment) as process:
        try:
            yield
        finally:
            process.kill()


@pytest.fixture
def seen(desk: Desk, tmp_path: Path, axe: Path) -> Seen:
    desk.bench.site = tmp_path / "site"
    busy(desk)
    board = application(Board(Reader(desk.bench.shop()), ("127.0.0.1",), never))
    return Seen(board, axe.read_bytes() + (HERE / "board_script.js").read_bytes())


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
