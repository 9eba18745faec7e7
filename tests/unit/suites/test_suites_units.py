"""What a host says of an address of its own, asked by the very script."""

import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from suites.hosts import reading


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(503 if self.path == "/sick" else 200 if self.path == "/" else 404)
        self.end_headers()
        self.wfile.write(b"200 is in the body only")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it has
        del format, args


@pytest.fixture
def served() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def said(url: str) -> str:
    done = subprocess.run(
        ("sh", "-c", reading.getting(url)), capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()


def test_the_status_of_an_answer_is_told_or_why_there_is_none(served: str) -> None:
    assert said(f"{served}/") == "200"
    assert said(served) == "200"
    assert said(f"{served}/sick") == "503"
    assert said(f"{served}/elsewhere") == "404"
    assert "refused" in said("http://127.0.0.1:1/")


def test_who_does_not_speak_http_does_not_answer_200() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            peer, _ = server.accept()
            peer.sendall(b"200 200 hello\r\n")
            peer.close()

        threading.Thread(target=greet, daemon=True).start()
        assert said(f"http://127.0.0.1:{server.getsockname()[1]}/").startswith("not HTTP")
