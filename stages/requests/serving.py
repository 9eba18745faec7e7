"""`python -m stages serve`: many requests, side by side, until stdin ends.

A request is a line of JSON: that of the one-request verb, with `verb` and `id`. Each line that answers it
carries the same `id`.
"""

import json
import os
import sys
import threading
import traceback
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO, Any

from stages.machine.substrates.connections import Connections
from stages.requests.answering import answer, progress
from stages.requests.verbs import PROTOCOL

# More than any engine asks at once: a request never waits for another one.
_AT_ONCE = 32
GREETING = {"event": "serving", "protocol": PROTOCOL}


class _Lines:
    """Lines of JSON, each written whole."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._lock = threading.Lock()

    def write(self, document: dict[str, Any]) -> None:
        line = json.dumps(document).encode() + b"\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()


def serve() -> int:
    """Serve the requests on stdin; 0 when there are no more, 1 when a line was no request."""
    requests, answers = _own(0, os.O_RDONLY), _own(1, os.O_WRONLY)
    lines = _Lines(answers)
    lines.write(GREETING)
    # Programs that a request starts die with the thread that started them: these live until the end.
    with Connections() as connections, ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="request") as pool:
        return _each(requests, pool, lines, connections)


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

    lines.write({"id": number, **answer(verb, request, say, connections)})


def _answered(call: Future[None]) -> None:
    """Crash where a call ended without an answer: nobody shall wait for it."""
    if (error := call.exception()) is not None:
        traceback.print_exception(error)
        os._exit(1)


def _own(number: int, flags: int) -> IO[bytes]:
    """The file with this number for ourselves alone.

    Programs that we start would find it under that number, read requests or write into answers: they
    get an empty stdin, and their stdout goes where stderr goes.
    """
    file = os.fdopen(os.dup(number), "rb" if flags == os.O_RDONLY else "wb")
    if flags == os.O_RDONLY:
        empty = os.open(os.devnull, os.O_RDONLY)
        os.dup2(empty, number)
        os.close(empty)
    else:
        os.dup2(2, number)
    return file
