"""What uwsgi runs for each API: it drains when told to, and works for nobody who has gone."""

import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from stage_sample import content

APPLICATION = "/usr/local/lib/stagegate/api-application"
CHECK = {"HTTP_STAGEGATE_CHECK": "yes"}
Answer = Callable[[dict[str, str]], str]
GONE = "499 Client Closed Request"


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client, and uwsgi's end of its connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        connection, _ = server.accept()
        with client, connection:
            yield client, connection


@pytest.fixture
def answer(
    pair: tuple[socket.socket, socket.socket], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Answer:
    """Ask the application over this connection; what it said."""
    own, uwsgi = ModuleType("service_of_the_test"), ModuleType("uwsgi")

    def application(_environ: dict[str, str], start: Callable[[str, list[Any]], None]) -> list[bytes]:
        start("200 OK", [])
        return [b"served"]

    vars(own).update(application=application)
    vars(uwsgi).update(connection_fd=pair[1].fileno, worker_id=lambda: 2, numproc=2)
    (tmp_path / "loaded-1").touch()
    monkeypatch.setitem(sys.modules, own.__name__, own)
    monkeypatch.setitem(sys.modules, "uwsgi", uwsgi)
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("STAGEGATE_MODULE", own.__name__)
    run: dict[str, Any] = {}
    exec(content("prod", "identity-blue-1", APPLICATION), run)  # noqa: S102 - it is loaded by uwsgi in this way

    def ask(environ: dict[str, str]) -> str:
        said: list[str] = []
        run["application"](environ, lambda status, _headers: said.append(status))
        return said[0]

    return ask


def test_who_waits_is_served_and_a_check_is_a_request_like_any(answer: Answer) -> None:
    assert [answer({}), answer(CHECK)] == ["200 OK", "200 OK"]


def test_a_unit_that_drains_tells_checks_and_serves_everybody_else(answer: Answer, tmp_path: Path) -> None:
    (tmp_path / "draining").touch()
    assert [answer({}), answer(CHECK)] == ["200 OK", "404 Draining"]


def test_a_unit_is_in_use_once_each_of_its_processes_has_loaded(answer: Answer, tmp_path: Path) -> None:
    (tmp_path / "loaded-1").unlink()
    assert [answer({}), answer(CHECK)] == ["200 OK", "503 Loading"]
    (tmp_path / "loaded-1").touch()
    assert [answer({}), answer(CHECK)] == ["200 OK", "200 OK"]


def test_a_process_shows_that_it_knows_how_to_drain(answer: Answer, tmp_path: Path) -> None:
    assert answer({}) == "200 OK"
    assert (tmp_path / "drains").exists()


@pytest.mark.parametrize("unread", [b"", b"the body of a request"])
@pytest.mark.parametrize("abruptly", [False, True])
def test_nothing_is_done_for_a_client_that_has_gone(
    answer: Answer, pair: tuple[socket.socket, socket.socket], unread: bytes, *, abruptly: bool
) -> None:
    client, _ = pair
    client.sendall(unread)
    assert answer({}) == "200 OK"
    if abruptly:  # as HAProxy: a reset instead of a farewell
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    time.sleep(0.05)
    assert answer({}) == GONE
