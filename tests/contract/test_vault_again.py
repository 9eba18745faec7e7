"""What passes by itself is read again a few times, and told; what stays away is not waited for twice."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from stages.machine.secret_stores.store import Unread
from stages.machine.secret_stores.vault import Vault

MOUNT = (200, {"data": {"path": "one/", "type": "kv", "options": {"version": "1"}}})
VALUE = (200, {"data": {"admin": "canary-41b7"}})
FAILED, BUSY, SEALED, DENIED = (500, {}), (429, {}), (503, {}), (403, {})


class Answers:
    """A server that gives these answers, one after the other, and the last one from then on."""

    def __init__(self) -> None:
        self.left: list[tuple[int, dict[str, object]]] = []
        self.asked: list[str] = []
        self.environment: dict[str, str] = {}


@pytest.fixture
def server() -> Iterator[Answers]:
    answers = Answers()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers.asked.append(self.path)
            status, data = answers.left.pop(0) if len(answers.left) > 1 else answers.left[0]
            body = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answering) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        answers.environment = {
            "VAULT_ADDR": f"http://127.0.0.1:{listening.server_port}",
            "VAULT_TOKEN": "t",
        }
        yield answers
        listening.shutdown()
        thread.join()


def read(server: Answers, *places: str) -> tuple[list[str | Unread], list[str], list[float]]:
    """What is at the places; what was told of other tries; the pauses before them."""
    told: list[str] = []
    pauses: list[float] = []
    with closing(Vault(server.environment, again=told.append, sleep=pauses.append)) as store:
        return [store.read(place) for place in places], told, pauses


def test_a_server_that_fails_for_a_moment_is_asked_again_after_a_pause(server: Answers) -> None:
    server.left = [FAILED, SEALED, MOUNT, BUSY, VALUE]
    found, told, pauses = read(server, "one/a#admin")
    assert found == ["canary-41b7"]
    assert pauses == [1.0, 2.0, 1.0]
    assert [line.partition(":")[0] for line in told] == ["try 1 of 3", "try 2 of 3", "try 1 of 3"]
    assert "is sealed, or not ready yet" in told[1]


def test_a_server_that_stays_away_is_asked_three_times_and_no_more_for_the_next_secret(
    server: Answers,
) -> None:
    server.left = [FAILED]
    found, told, _ = read(server, "one/a#admin", "one/b#admin")
    assert [isinstance(one, Unread) and one.transient for one in found] == [True, True]
    assert [path.rpartition("/")[2] for path in server.asked] == ["a", "a", "a", "b"]
    assert len(told) == 2


def test_what_would_be_answered_the_same_is_not_asked_again(server: Answers) -> None:
    server.left = [DENIED]
    found, told, pauses = read(server, "one/a#admin")
    assert isinstance(found[0], Unread)
    assert not found[0].transient
    assert (told, pauses) == ([], [])
    assert len(server.asked) == 2, "what was refused, and the token itself"
