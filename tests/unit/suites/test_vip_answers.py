"""The VIP answers if a service does: that a connection is taken proves nothing."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from observed import met, unmet

from suites.clients import endpoint_client
from suites.clients.endpoint_client import answer, greeting
from suites.components.keepalived import vip

# What a standing stage sends, through its load balancer.
GREETING = (
    b'd\x00\x00\x00\n5.5.5-10.11.19-MariaDB-0+deb12u1\x00I\r\x00\x00gFgTPuy"\x00\xfe\xf7-\x02\x00\xff\x81'
    b"\x15\x00\x00\x00\x00\x00\x00\x1d\x00\x00\x0086E9-t%Wh&}j\x00mysql_native_password\x00"
)
VERSION = "5.5.5-10.11.19-MariaDB-0+deb12u1"
UNAVAILABLE = b"HTTP/1.0 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"


@contextmanager
def serving(said: bytes, *, hears: bool) -> Iterator[int]:
    """A port where one client is told this, after its request if it `hears` one; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            link, _ = server.accept()
            with link:
                if hears:
                    link.recv(4096)
                link.sendall(said)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


@pytest.mark.parametrize(
    ("said", "seen", "holds"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "answered 200", True),
        (b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n", "answered 401", True),
        (UNAVAILABLE, "answered 503", False),
        (b"", "Remote end closed connection without response", False),
    ],
)
def test_an_api_answers_by_http_and_a_load_balancer_that_answers_for_it_does_not(
    said: bytes, seen: str, *, holds: bool
) -> None:
    with serving(said, hears=True) as port:
        told = answer({"identity": f"http://127.0.0.1:{port}/v3"})
    assert told == {"identity": seen}
    assert vip.answers(told).holds is holds


def test_a_port_that_takes_connections_and_never_answers_is_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(endpoint_client, "WITHIN", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        told = answer({"image": f"http://127.0.0.1:{port}", "database": f"127.0.0.1:{port}"})
    assert told == {"image": "timed out", "database": "timed out"}
    assert unmet(vip.answers(told)) == "image: timed out; database: timed out"


def test_a_database_answers_by_its_greeting() -> None:
    with serving(GREETING, hears=False) as port:
        told = answer({"database": f"127.0.0.1:{port}"})
    assert met(vip.answers(told)) == f"database greeted by {VERSION}"
    refused = b"G\x00\x00\x01\xffi\x04Host '10.0.0.1' is blocked"
    for said in (b"", refused, UNAVAILABLE):
        assert not vip.answers({"database": greeting(said)}).holds


def test_a_stage_without_an_endpoint_has_not_answered() -> None:
    assert unmet(vip.answers({})) == "there is no endpoint to ask"
