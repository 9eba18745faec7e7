"""Server-sent events: each says that the site has changed, and what happened."""

import hashlib
import json
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import anyio
from starlette.concurrency import run_in_threadpool

from pipeline.board.news import News
from pipeline.board.pages import Pages
from pipeline.board.reading import Overview, Reader
from pipeline.board.visitor import ANYBODY, Visitor
from pipeline.core.errors import StagegateError

_EVERY_S = 1.0
_ALIVE_S = 15.0  # after which a proxy, or a browser, might take silence for a lost connection


@dataclass(frozen=True, slots=True)
class Rendered:
    """The page of the line as anybody sees it, the digest of its text, and what is in it."""

    html: str
    digest: str
    seen: Overview

    @property
    def newest(self) -> News | None:
        """The latest news in it."""
        return self.seen.news[0] if self.seen.news else None


class Fresh:
    """The page of the line, read and rendered once a second at most, however many look at it."""

    def __init__(
        self, reader: Reader, pages: Pages, clock: Callable[[], float], visitor: Visitor = ANYBODY
    ) -> None:
        self._reader, self._pages, self._clock, self._visitor = reader, pages, clock, visitor
        self._lock = threading.Lock()
        self._made: tuple[float, Rendered] | None = None

    def overview(self) -> Rendered:
        """The page as it is now, or was less than a second ago. Raises what a ledger does."""
        with self._lock:
            now = self._clock()
            if self._made is None or not 0 <= now - self._made[0] < _EVERY_S:
                seen = self._reader.overview()
                html = self._pages.overview(seen, self._visitor)
                digest = hashlib.sha256(html.encode()).hexdigest()
                self._made = (now, Rendered(html, digest, seen))
            return self._made[1]


async def events(
    fresh: Fresh,
    over: Callable[[], bool],
    every_s: float = _EVERY_S,
    changes: Callable[[], int] | None = None,
) -> AsyncIterator[str]:
    """An event at once, and one for each change, until the server stops.

    `changes` counts those that the page of the line does not show, such as that a plan is made. A ledger that
    cannot be read for a while is told, and looked at again.
    """
    told, silent_s = "", 0.0
    yield "retry: 2000\n\n"
    while not over():
        try:
            seen = await run_in_threadpool(fresh.overview)
            state = f"{seen.digest} {changes() if changes else 0}"
            message = _message("changed", _text(seen.newest))
        except (StagegateError, OSError) as problem:
            lines = problem.lines() if isinstance(problem, StagegateError) else (str(problem),)
            state = "; ".join(lines)
            message = _message("trouble", state)
        if state != told:
            told, silent_s = state, 0.0
            yield message
        elif silent_s >= _ALIVE_S:
            silent_s = 0.0
            yield ": nothing new\n\n"
        await anyio.sleep(every_s)
        silent_s += every_s


def _text(newest: News | None) -> str:
    if newest is None:
        return "Live"
    where = f"{newest.stage}, {newest.attempt}: " if newest.attempt else ""
    return f"Live. Last, {newest.at[11:16]}: {where}{newest.text}"


def _message(kind: str, text: str) -> str:
    return f"event: {kind}\ndata: {json.dumps({'text': text})}\n\n"
