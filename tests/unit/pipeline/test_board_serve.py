"""`promote serve`: what it refuses before it listens, and a whole server with its webhooks."""

import contextlib
import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from desk import Desk, green
from programs import ended

from pipeline.cli.exit_codes import ExitCode

HERE = Path(__file__).parent
SECRET = "a made-up token"


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("--listen", "8200"), "is not HOST:PORT"),
        (("--listen", ":8200"), "is not HOST:PORT"),
        (("--listen", "localhost:99999"), "is not HOST:PORT"),
        (("--listen", "192.0.2.1:8200"), "nothing can listen on 192.0.2.1:8200"),
        (("--hook-secret", "env:HOOK"), "webhooks need a secret, a clone and a project"),
        (("--code-project", "cloud/code"), "webhooks need a secret, a clone and a project"),
        (("-o", "json"), "it never ends"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_what_cannot_be_served_is_refused_before_anything_listens(
    desk: Desk, argv: tuple[str, ...], told: str
) -> None:
    desk(*green(desk))

    assert desk("serve", *argv) == ExitCode.USAGE
    assert told in desk.err + desk.out


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("plain text", "is not a reference"),
        ("env:HOOK_THAT_IS_NOT_SET", "which is not set"),
        ("file:/nowhere/hook", "cannot be read"),
    ],
)
def test_a_secret_of_webhooks_is_a_reference_to_one(
    desk: Desk, tmp_path: Path, reference: str, told: str
) -> None:
    desk(*green(desk))
    code = desk("serve", "--hook-secret", reference, "--clone", str(tmp_path), "--code-project", "cloud/code")

    assert code == ExitCode.USAGE
    assert told in desk.err
    assert "plain text" not in desk.err


@pytest.mark.parametrize(
    ("clone", "told"),
    [
        (HERE, "webhooks would change the code that this server runs"),
        (Path("/"), "this is not a git checkout"),
    ],
    ids=["own", "none"],
)
def test_pushes_are_checked_out_in_a_clone_of_their_own(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, clone: Path, told: str
) -> None:
    desk(*green(desk))
    monkeypatch.setenv("HOOK", SECRET)
    code = desk("serve", "--hook-secret", "env:HOOK", "--clone", str(clone), "--code-project", "cloud/code")

    assert code == ExitCode.USAGE
    assert told in desk.err
    assert SECRET not in desk.err


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site with two promotions, a rollback and a hold."""
    found = tmp_path / "site"
    found.mkdir()
    with contextlib.closing(sqlite3.connect(found / "ledger.sqlite")) as file:
        file.executescript((HERE / "ledgers" / "file-1.sql").read_text())
    return found


def git(repository: Path, *argv: str) -> str:
    names = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    return ended("git", "-C", repository, *names, *argv, check=True).stdout.strip()


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


@pytest.fixture
def serve(site: Path, tmp_path: Path) -> Iterator[Serve]:
    running = []

    def start(*argv: str, variables: Mapping[str, str] | None = None) -> Served:
        words = ("serve", "--site", str(site), "--listen", "127.0.0.1:0", *argv)
        log = tmp_path / "log"
        with log.open("w") as file:
            process = subprocess.Popen(
                (sys.executable, "-m", "pipeline.cli", *words),
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": str(HERE.parents[2]), **(variables or {})},
                stderr=file,
                text=True,
            )
        running.append(process)
        served = Served(process, log)
        until(lambda: re.search(r"the board of .*/\n", served.log()) is not None, served)
        until(lambda: _listens(served), served)
        return served

    yield start
    for process in running:
        process.kill()
        process.wait()


def _listens(served: Served) -> bool:
    try:
        return served.ask("GET", "/metrics")[0] == 200
    except ConnectionRefusedError:
        return False


@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_shows_what_another_process_does_and_ends_in_order(
    serve: Serve, site: Path, number: signal.Signals
) -> None:
    served = serve()
    lines = served.stream()
    assert next(line for line in lines if line.startswith("event")) == "event: changed"

    hold = ("hold", "--reason", "a fair", "--site", str(site))
    ended(sys.executable, "-m", "pipeline.cli", *hold, cwd=HERE.parents[2], check=True)

    assert next(line for line in lines if line.startswith("event")) == "event: changed"
    assert "a fair" in served.ask("GET", "/")[1]
    assert served.ended(number) == 0
    assert "Traceback" not in served.log()


@pytest.mark.processes
def test_a_push_moves_the_clone_to_the_newest_code_and_begins_a_promotion(
    serve: Serve, tmp_path: Path
) -> None:
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    ended("git", "init", "--quiet", "--initial-branch=main", origin, check=True)
    git(origin, "commit", "--quiet", "--allow-empty", "--message=first")
    ended("git", "clone", "--quiet", origin, clone, check=True)
    git(origin, "commit", "--quiet", "--allow-empty", "--message=second")
    words = (
        "--hook-secret",
        "env:HOOK",
        "--clone",
        str(clone),
        "--code-project",
        "cloud/code",
        "--stage",
        "dev",
    )
    served = serve(*words, variables={"HOOK": SECRET})
    about = {"path_with_namespace": "cloud/code", "default_branch": "main"}
    body = json.dumps({"ref": "refs/heads/main", "after": git(origin, "rev-parse", "HEAD"), "project": about})

    headers = {"X_Gitlab_Event": "Push Hook", "X_Gitlab_Token": SECRET}
    assert served.ask("POST", "/hooks/gitlab", body, **headers)[0] == 202
    until(lambda: "ended with exit code" in served.log(), served)

    assert git(clone, "rev-parse", "HEAD") == git(origin, "rev-parse", "HEAD")
    # The clone holds nothing that could be promoted, which is for the promotion to say.
    found = dict(line.rpartition(" ")[::2] for line in served.ask("GET", "/metrics")[1].splitlines())
    code = int(float(found["stagegate_hook_last_exit_code"]))
    assert f"the promotion of a push to the code ended with exit code {code}" in served.log()
    assert code in {ExitCode.USAGE, ExitCode.UNEXPECTED}
    assert SECRET not in served.log()
    assert served.ended(signal.SIGTERM) == 0
