"""The web application: which address shows what, and what a browser may do with it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.board import evidence
from pipeline.board.handing import Handing
from pipeline.board.hooks import Hooks, gitlab
from pipeline.board.live import Fresh, events
from pipeline.board.metrics import CONTENT_TYPE, exposition, hook_metrics, metrics
from pipeline.board.pages import ASSETS, Pages, asset
from pipeline.board.reading import Reader
from pipeline.core.errors import StagegateError

_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Board:
    """What is served: of which site, under which names of hosts ("*": any), and which webhooks.

    `over` says whether the server stops, so that streams end.
    """

    reader: Reader
    hosts: tuple[str, ...]
    over: Callable[[], bool]
    hooks: Hooks | None = None
    handing: Handing | None = None


def application(board: Board) -> Starlette:
    """The application. It changes nothing of the site."""
    pages = Pages(board.reader.site)
    fresh = Fresh(board.reader, pages, time.monotonic)
    routes: list[BaseRoute] = [
        Route("/", lambda _: HTMLResponse(fresh.overview().html)),
        Route("/stages/{name}", partial(_stage, board.reader, pages)),
        Route("/attempts/{name}", partial(_attempt, board.reader, pages)),
        Route("/evidence/{attempt}/{path:path}", partial(_evidence, board.reader, pages)),
        Route("/events", partial(_events, fresh, board.over)),
        Route("/metrics", partial(_metrics, board)),
        *(Route(f"/static/{name}", partial(_asset, name)) for name in ASSETS),
    ]
    if board.hooks is not None:
        routes.append(Route("/hooks/gitlab", partial(_hook, board.hooks), methods=["POST"]))
    return Starlette(
        routes=routes,
        middleware=[Middleware(_Headed), Middleware(TrustedHostMiddleware, allowed_hosts=board.hosts)],
        exception_handlers={
            HTTPException: partial(_missing, pages),
            StagegateError: partial(_unreadable, pages),
            OSError: partial(_unreadable, pages),
        },
    )


def _stage(reader: Reader, pages: Pages, request: Request) -> Response:
    name = request.path_params["name"]
    found = reader.stage(name)
    if found is None:
        raise HTTPException(404, f"This site has no stage {name!r}.")
    return HTMLResponse(pages.stage(name, found))


def _attempt(reader: Reader, pages: Pages, request: Request) -> Response:
    name = request.path_params["name"]
    found = reader.attempt(name)
    if found is None:
        raise HTTPException(404, f"This site has no attempt {name!r}.")
    return HTMLResponse(pages.attempt(found))


def _evidence(reader: Reader, pages: Pages, request: Request) -> Response:
    runs, attempt, path = reader.site / "runs", request.path_params["attempt"], request.path_params["path"]
    found = evidence.place(runs, attempt, path)
    if found is None:
        raise HTTPException(404, f"There is no such evidence of {attempt!r} on this machine.")
    if found.is_file():
        return evidence.response(reader.site, attempt, found)
    if path and not path.endswith("/"):
        return RedirectResponse(f"{request.url.path}/")
    return HTMLResponse(pages.folder(attempt, path.strip("/"), evidence.entries(runs, attempt, found)))


async def _events(fresh: Fresh, over: Callable[[], bool], _request: Request) -> Response:
    unbuffered = {"x-accel-buffering": "no"}  # nginx would keep events until there are many
    return StreamingResponse(events(fresh, over), media_type="text/event-stream", headers=unbuffered)


def _metrics(board: Board, _request: Request) -> Response:
    found = metrics(board.reader.counted(), board.reader.now())
    handing = board.handing
    more = (
        hook_metrics(handing.waiting(), handing.ended(), handing.last_code()) if handing is not None else ()
    )
    return Response(exposition((*found, *more)), headers={"content-type": CONTENT_TYPE})


def _asset(name: str, _request: Request) -> Response:
    return Response(asset(name), media_type=ASSETS[name])


async def _hook(hooks: Hooks, request: Request) -> Response:
    return await gitlab(request, hooks)


async def _missing(pages: Pages, _request: Request, problem: Exception) -> Response:
    found = problem if isinstance(problem, HTTPException) else HTTPException(500)
    return HTMLResponse(pages.trouble(found.detail, ()), found.status_code, headers=found.headers)


async def _unreadable(pages: Pages, _request: Request, problem: Exception) -> Response:
    """The ledger or a file could not be read: what `promote` says, as a page. A moment later it may be."""
    lines = problem.lines() if isinstance(problem, StagegateError) else (str(problem),)
    return HTMLResponse(await run_in_threadpool(pages.trouble, lines[0], lines[1:]), 503)


class _Headed:
    """Adds the headers to each response, but those that it has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, headed)
