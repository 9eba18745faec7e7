"""`promote serve` as a process of its own, on a site that an older version has left."""

import contextlib
import http.client
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

HERE = Path(__file__).parent


def old_site(folder: Path) -> Path:
    """A site with two promotions, a rollback and a hold."""
    found = folder / "site"
    found.mkdir()
    with contextlib.closing(sqlite3.connect(found / "ledger.sqlite")) as file:
        file.executescript((HERE / "ledgers" / "file-1.sql").read_text())
    return found


class Served:
    """A server that runs: how it is asked, and how it ends."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process, self._log = process, log

    @property
    def _port(self) -> int:
        """The port that the system chose, as the server tells it."""
        return int(re.findall(r"http://127\.0\.0\.1:(\d+)/", self.log())[0])

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        with contextlib.closing(connection):
            connection.request(
                method, path, body, {name.replace("_", "-"): text for name, text in headers.items()}
            )
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def stream(self) -> Iterator[str]:
        """The lines of its events."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        with contextlib.closing(connection):
            connection.request("GET", "/events")
            answer = connection.getresponse()
            while line := answer.readline():
                yield line.decode().rstrip()

    def log(self) -> str:
        return self._log.read_text()

    def ended(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


def until(holds: Callable[[], bool], served: Served, within_s: float = 90) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert served.process.poll() is None, served.log()
        assert time.monotonic() < deadline, served.log()
        time.sleep(0.1)


Serve = Callable[..., Served]


@contextlib.contextmanager
def serving(site: Path, folder: Path) -> Iterator[Serve]:
    """What starts a server of this site, until the end of the block; its log is in the folder."""
    running = []

    def start(*argv: str, variables: Mapping[str, str] | None = None) -> Served:
        words = ("serve", "--site", str(site), "--listen", "127.0.0.1:0", *argv)
        log = folder / "log"
        with log.open("w") as file:
            process = subprocess.Popen(
                (sys.executable, "-m", "pipeline.cli", *words),
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(HERE.parents[2]), **(variables or {})},
                stderr=file,
                text=True,
            )
        running.append(process)
        served = Served(process, log)
        until(lambda: re.search(r"the board of .*/\n", served.log()) is not None, served)
        until(lambda: _listens(served), served)
        return served

    try:
        yield start
    finally:
        for process in running:
            process.kill()
            process.wait()


def _listens(served: Served) -> bool:
    try:
        return served.ask("GET", "/metrics")[0] == 200
    except ConnectionRefusedError:
        return False
