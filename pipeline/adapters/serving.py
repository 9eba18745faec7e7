"""`python -m stages serve`: one child for all calls of a command, if the release's code supports it.

Requests and answers are lines of JSON, each with the id of its call. Calls run concurrently.
"""

import contextlib
import itertools
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from pathlib import Path
from queue import Empty, SimpleQueue

from pipeline.adapters.children import Children, close_pipes
from pipeline.adapters.heard import (
    LIMIT_S,
    PROTOCOL,
    Heard,
    Line,
    Request,
    Stderr,
    how_it_ended,
    parsed,
    result_in,
    too_long,
)
from pipeline.adapters.homes import Home
from pipeline.adapters.one_call import call_once

_GREETING_S = 60.0
_GOODBYE_S = 10.0
_GREETING = {"event": "serving", "protocol": PROTOCOL}


class Servings:
    """Calls of the code of any home; `close` ends the children that serve them."""

    def __init__(self, children: Children, limit_s: float = LIMIT_S) -> None:
        self._children = children
        self._limit_s = limit_s
        self._found: dict[tuple[Path, Path], _Serving] = {}
        self._lock = threading.Lock()

    def ask(self, home: Home, request: Request, progress: Callable[[Line], None]) -> Heard:
        """Make one call; `progress` receives its progress lines as they arrive."""
        with self._lock:
            serving = self._found.setdefault((home.code, home.python), _Serving(home, self._children))
        child = serving.child()
        if child is None:
            return call_once(self._children, home, request, progress, self._limit_s)
        return child.ask(request, progress, self._limit_s)

    def close(self) -> None:
        """End all children, and close their files."""
        with self._lock:
            found = tuple(self._found.values())
        for serving in found:
            serving.close()


class _Serving:
    """The child of one home. If it has ended, the next call starts a new one."""

    def __init__(self, home: Home, children: Children) -> None:
        self._home = home
        self._children = children
        self._lock = threading.Lock()
        self._started: list[_Child] = []
        self._able = True

    def child(self) -> "_Child | None":
        """The running child, started if necessary; None when this code does not support `serve`."""
        with self._lock:
            if self._able and (not self._started or self._started[-1].broke is not None):
                self._started.append(_Child(self._home, self._children))
                # False for an older release or broken code; one child per call will show which.
                self._able = self._started[-1].greets()
            return self._started[-1] if self._able else None

    def close(self) -> None:
        with self._lock:
            for child in self._started:
                child.close()


class _Child:
    """One process. `broke` says how it ended, None while it runs."""

    def __init__(self, home: Home, children: Children) -> None:
        self.broke: str | None = None
        self._children = children
        self._stderr = Stderr()
        try:
            self._process = children.start(home, ["stages", "serve"], self._stderr.file)
        except BaseException:
            self._stderr.close()
            raise
        self._greeted: Future[bool] = Future()
        self._calls: dict[int, SimpleQueue[Line | None]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._listener = threading.Thread(target=self._listen, name="serving", daemon=True)
        self._listener.start()

    def greets(self) -> bool:
        """Whether its code supports `serve`: False, and the child is ended, if it exits or greets wrongly.

        A child that is silent for too long is ended, too, but may support `serve`: the result is True, and
        its calls fail with that reason.
        """
        try:
            greeted = self._greeted.result(_GREETING_S)
        except NotInTime:
            self._end(f"printed nothing within {_GREETING_S:g} s of its start and was terminated")
            return True
        if not greeted:
            self._end("does not serve")
        return greeted

    def ask(self, request: Request, progress: Callable[[Line], None], limit_s: float) -> Heard:
        """Make a call. If it is left before its result, for whatever reason, the child is ended."""
        lines: SimpleQueue[Line | None] = SimpleQueue()
        with self._lock:
            number = next(self._numbers)
            self._calls[number] = lines
            if self.broke is not None:
                lines.put(None)
        left = f"was terminated with its `{request.verb}`"
        try:
            self._send({"id": number, "verb": request.verb, **request.document})
            result = result_in(_until(time.monotonic() + limit_s, lines), progress)
            left = ""
        except Empty:
            left = f"was terminated, because its `{request.verb}` {too_long(limit_s)}"
            return self._heard(None, too_long(limit_s))
        finally:
            with self._lock:
                self._calls.pop(number, None)
            if left:
                self._end(left)
        return self._heard(result, self.broke if result is None else None)

    def close(self) -> None:
        """Close its stdin, on which it should exit by itself; kill it if it does not."""
        if self.broke is None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
            self._listener.join(_GOODBYE_S)
        self._end("was closed")
        self._listener.join()
        self._stderr.close()

    def _heard(self, result: Line | None, broke: str | None) -> Heard:
        return Heard(result, broke, self._stderr.new(), self._stderr.last())

    def _send(self, document: Mapping[str, object]) -> None:
        line = json.dumps(document).encode() + b"\n"
        with self._writing, contextlib.suppress(OSError, ValueError):  # it died: the listener reports how
            if self._process.stdin is not None:
                self._process.stdin.write(line)
                self._process.stdin.flush()

    def _listen(self) -> None:
        broke = None
        for raw in self._process.stdout or ():
            if (broke := self._took(raw)) is not None:
                break
        if broke is None:
            try:
                broke = how_it_ended(self._process.wait(_GOODBYE_S))
            except subprocess.TimeoutExpired:
                broke = "closed its output and kept running"
        if not self._greeted.done():
            self._greeted.set_result(False)
        self._end(broke)
        close_pipes(self._process)

    def _took(self, raw: bytes) -> str | None:
        """Pass a line on to the call that waits for it; return what is wrong with the line, or None."""
        line = parsed(raw)
        if not self._greeted.done():
            self._greeted.set_result(line == _GREETING)
            return None
        number = None if line is None else line.get("id")
        if line is None or not isinstance(number, int):
            return f"returned a line that is not of the protocol: {raw[:80]!r}"
        with self._lock:
            lines = self._calls.get(number)
        if lines is not None:
            lines.put(line)
        return None

    def _end(self, how: str) -> None:
        """Kill what is left of the child, and end its open calls."""
        with self._lock:
            if self.broke is not None:
                return
            self.broke = how
            open_calls = tuple(self._calls.values())
        self._children.end(self._process)
        for lines in open_calls:
            lines.put(None)


def _until(end: float, lines: SimpleQueue[Line | None]) -> Iterator[Line]:
    """The lines until the child ends. Raises Empty on timeout."""
    while (line := lines.get(timeout=max(0.0, end - time.monotonic()))) is not None:
        yield line
