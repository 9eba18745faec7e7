"""One connection to the fake: requests are read from it, and answered as the fault of each has it."""

import json
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from pipeline.testing.gitlab.calls import Request
from pipeline.testing.gitlab.faults import Fault

_BETWEEN_BYTES_S = 0.05


class Answering(Protocol):
    """Who knows the answers, and the faults."""

    patience_s: float
    retry_after: str
    closing: threading.Event

    def next_fault(self) -> Fault | None: ...

    def answered(
        self, request: Request, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, str], object]: ...


class Connection(BaseHTTPRequestHandler):
    """The standard library's handler of one connection."""

    protocol_version = "HTTP/1.1"

    def __init__(self, answering: Answering, *arguments: Any) -> None:  # noqa: ANN401 - the library's own
        self._answering = answering
        super().__init__(*arguments)

    def handle_one_request(self) -> None:
        """Read and answer one request; a client that has gone is no error."""
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def _respond(self) -> None:
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self._answering.next_fault()
        self.close_connection = fault not in (None, Fault.TWICE)
        if fault is Fault.UNHEARD:
            return
        code, headers, body = self._answer(fault, text)
        if fault is Fault.LOST:
            self._answering.closing.wait(self._answering.patience_s)
        elif fault is not Fault.DROPPED:
            for _ in range(2 if fault is Fault.TWICE else 1):
                self._send(fault, code, headers, body)

    do_GET = do_POST = do_PUT = _respond  # noqa: N815 - names of the standard library

    def _answer(self, fault: Fault | None, text: bytes) -> tuple[int, dict[str, str], bytes]:
        code, headers, body = 500, dict[str, str](), object()
        if fault is None or fault.heard:
            parts = urlsplit(self.path)
            query, data = dict(parse_qsl(parts.query)), self._body(text)
            request = Request(self.command, parts.path, {}, query, data)
            code, headers, body = self._answering.answered(request, dict(self.headers.items()))
        match fault:
            case Fault.TOO_MANY:
                code, headers, body = 429, {"Retry-After": self._answering.retry_after}, {"message": "429"}
            case Fault.ERROR:
                code, headers, body = 500, {}, {"message": "500 Internal Server Error"}
            case Fault.BAD_GATEWAY:
                code, headers, body = 502, {}, {"message": "502 Bad Gateway"}
            case Fault.NONSENSE:
                return 200, {"Content-Type": "text/html"}, b"<html>Sign in</html>"
            case _:
                pass
        return code, {"Content-Type": "application/json", **headers}, json.dumps(body).encode()

    def _body(self, text: bytes) -> Mapping[str, Any]:
        """What was sent: JSON or, below /oauth, a form."""
        if self.headers.get("Content-Type") == "application/x-www-form-urlencoded":
            return dict(parse_qsl(text.decode()))
        found: Mapping[str, Any] = json.loads(text or b"{}")
        return found

    def _send(self, fault: Fault | None, code: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if fault is Fault.SLOW:
            self._trickle(body)
        else:
            self.wfile.write(body[: len(body) // 2] if fault is Fault.CUT else body)

    def _trickle(self, body: bytes) -> None:
        """Write a byte at a time, until nobody can be waiting any more."""
        until = time.monotonic() + self._answering.patience_s
        for number in range(len(body)):
            if time.monotonic() > until or self._answering.closing.wait(_BETWEEN_BYTES_S):
                return
            self.wfile.write(body[number : number + 1])

    def log_message(self, *_: object) -> None:
        """Say nothing."""
