"""A real Chromium, what it tells of the board's pages, and axe-core in them."""

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
from filelock import FileLock
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

AXE = "axe-core@4.14.1"
HERE = Path(__file__).parent
CHROMIUM = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 30)"}
SCHEME = {"light": "1", "dark": "0"}
needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="axe-core comes from npm")


def axe_core(tmp_path_factory: pytest.TempPathFactory) -> Path:
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
        self.send = False  # whether the page is to send the form that has a field
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
        return Response("send" if self.send else "hidden" if self.hidden else "shown")

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


def scripts(axe: Path) -> bytes:
    return axe.read_bytes() + (HERE / "board_script.js").read_bytes()
