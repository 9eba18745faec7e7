"""What keepalived is told of HAProxy, by the program itself: the server answers, freezes, or is gone."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stages.roles.loadbalancer import haproxy_watch
from stages.roles.loadbalancer.haproxy_watch import Verdict, ask, read

ANSWERING, SILENT = Verdict(answers=True), Verdict(answers=False)
SERVER = (
    "import http.server, sys\n"
    "handler = http.server.SimpleHTTPRequestHandler\n"
    "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), handler).serve_forever()"
)


def after(verdict: Verdict, told: str, fall: int = 2, rise: int = 3) -> str:
    """What keepalived reads after each of these answers; x is none."""
    read = ""
    for one in told:
        verdict = verdict.after(answered=one != "x", fall=fall, rise=rise)
        read += verdict.text.strip()
    return read


@pytest.mark.parametrize(
    ("verdict", "told", "read"),
    [
        pytest.param(ANSWERING, "x.x.xx.", "0000011", id="only failures in a row count"),
        pytest.param(ANSWERING, "xx..x...", "01111110", id="and only answers in a row"),
        pytest.param(SILENT, "...", "110", id="a host that has just started"),
    ],
)
def test_a_verdict_changes_after_as_many_as_the_settings_say(verdict: Verdict, told: str, read: str) -> None:
    assert after(verdict, told) == read


@pytest.mark.parametrize(("written", "answers"), [(None, False), ("0\n", True), ("1\n", False), ("", False)])
def test_a_restart_begins_with_what_was_written_last(
    tmp_path: Path, written: str | None, *, answers: bool
) -> None:
    file = tmp_path / "answers"
    if written is not None:
        file.write_text(written)
    assert read(file) == Verdict(answers=answers)


@contextmanager
def served() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(port)], stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}/"
        until(lambda: ask(url, 1.0))
        yield server, url
    finally:
        server.kill()
        server.wait()


def until(holds: Callable[[], bool]) -> None:
    """Wait for it; fail after 20 s."""
    ends = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_a_server_that_answers_freezes_goes_on_and_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "answers"
    with served() as (server, url):
        timers = ["--interval", "0.05", "--timeout", "0.3", "--fall", "2", "--rise", "2"]
        watch = subprocess.Popen(
            [sys.executable, haproxy_watch.__file__, "--url", url, "--file", str(file), *timers],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            until(lambda: file.exists() and file.read_text() == "0\n")
            server.send_signal(signal.SIGSTOP)
            until(lambda: file.read_text() == "1\n")
            server.send_signal(signal.SIGCONT)
            until(lambda: file.read_text() == "0\n")
            server.kill()
            until(lambda: file.read_text() == "1\n")
        finally:
            watch.kill()
            told, _ = watch.communicate()
    assert told.splitlines() == ["HAProxy answers", "HAProxy does not answer"] * 2
