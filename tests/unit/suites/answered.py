"""A web server on this machine, for what asks one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY = b"200 is in the body only"


class Answering(BaseHTTPRequestHandler):
    """Answers `/sick` with 503, unknown paths with 404, and keeps connections."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response({"/": 200, "/v3": 200, "/sick": 503}.get(self.path, 404))
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler] = Answering) -> Iterator[str]:
    """Serve during the block, at the address that it gets."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
