"""A HAProxy that says what a test tells it, over a real socket: one answer for each time that it is asked."""

import socketserver
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

HEAD = "# pxname,svname,status,check_status,check_desc,last_chk,\n"


@contextmanager
def haproxy(*answers: str, asked: Callable[[], None] = lambda: None, head: str = HEAD) -> Iterator[int]:
    """Something that answers `show stat` with these rows, the last ones from then on; its port.

    `asked` is called before each answer.
    """
    left: Sequence[str] = answers

    class Answer(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            nonlocal left
            assert self.rfile.readline() == b"show stat\n"
            asked()
            self.wfile.write((head + left[0]).encode())
            left = left[1:] or left

    with socketserver.TCPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
