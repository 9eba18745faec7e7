"""`python -m stages serve`: serve requests concurrently until stdin ends.

A request is a line of JSON: the request of the single verb, plus `verb` and `id`. Each line of its answer
carries the same `id`.
"""

import json
import os
import sys
import threading
import traceback
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO, Any

from stages.machine.substrates.connections import Connections
from stages.requests.answering import answer, point, progress
from stages.requests.verbs import PROTOCOL, Listener

# More than any engine sends concurrently, so that no request waits for another one.
_AT_ONCE = 32
GREETING = {"event": "serving", "protocol": PROTOCOL}


class _Lines:
    """Writes lines of JSON, each as a whole; `over` is set when no more requests come."""

    def __init__(self, file: IO[bytes]) -> None:
        self.over = threading.Event()
        self._file = file
        self._lock = threading.Lock()

    def write(self, document: dict[str, Any]) -> None:
        line = json.dumps(document).encode() + b"\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()


def serve() -> int:
    """Serve the requests on stdin. Returns 0 when stdin ends, 1 when a line is not a request."""
    requests, answers = _own(0, os.O_RDONLY), _own(1, os.O_WRONLY)
    lines = _Lines(answers)
    lines.write(GREETING)
    # A program dies with the thread that started it. The threads of this pool live until the end.
    with Connections() as connections, ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="request") as pool:
        try:
            return _each(requests, pool, lines, connections)
        finally:
            lines.over.set()


def _each(
    requests: Iterable[bytes], pool: ThreadPoolExecutor, lines: _Lines, connections: Connections
) -> int:
    for line in requests:
        try:
            request = json.loads(line)
            verb, number = str(request.pop("verb")), request.pop("id")
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            sys.stderr.write(f"a line is not a request: {error!r}\n")
            return 1
        pool.submit(_answer, verb, number, request, lines, connections).add_done_callback(_answered)
    return 0


def _answer(verb: str, number: int, request: dict[str, Any], lines: _Lines, connections: Connections) -> None:
    def say(message: str, host: str | None) -> None:
        lines.write({"id": number, **progress(message, host)})

    def tell(measured: Mapping[str, Any]) -> None:
        lines.write({"id": number, **point(measured)})

    lines.write({"id": number, **answer(verb, request, say, connections, Listener(tell, lines.over.is_set))})


def _answered(call: Future[None]) -> None:
    """Exit when a call ended without an answer, so that no caller waits for one."""
    if (error := call.exception()) is not None:
        traceback.print_exception(error)
        os._exit(1)


def _own(number: int, flags: int) -> IO[bytes]:
    """Take over the file with this descriptor number, so that child processes do not inherit it.

    They could otherwise read requests or write into answers. They get an empty stdin, and their stdout
    goes to stderr.
    """
    file = os.fdopen(os.dup(number), "rb" if flags == os.O_RDONLY else "wb")
    if flags == os.O_RDONLY:
        empty = os.open(os.devnull, os.O_RDONLY)
        os.dup2(empty, number)
        os.close(empty)
    else:
        os.dup2(2, number)
    return file
