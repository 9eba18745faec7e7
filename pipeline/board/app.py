"""The web application: which address shows what, and what a browser may do with it."""

import time
from collections.abc import Callable, Mapping
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
from pipeline.board.acting import Acting
from pipeline.board.handing import Handing
from pipeline.board.hooks import Hooks, gitlab
from pipeline.board.live import Fresh, events
from pipeline.board.login import DONE
from pipeline.board.metrics import CONTENT_TYPE, exposition, hook_metrics, metrics
from pipeline.board.pages import ASSETS, Pages, asset
from pipeline.board.reading import Reader
from pipeline.board.visitor import ANYBODY, Visitor
from pipeline.core.errors import NotEligible, StagegateError, UsageProblem

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action {forms}; frame-ancestors 'none'"
)
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_STATUS: Mapping[type[Exception], int] = {UsageProblem: 400, NotEligible: 403}


@dataclass(frozen=True, slots=True)
class Board:
    """What is served: of which site, under which names of hosts ("*": any), and which webhooks.

    `over` says whether the server stops, so that streams end. `acting` is what who is logged in may do; None:
    nobody can log in.
    """

    reader: Reader
    hosts: tuple[str, ...]
    over: Callable[[], bool]
    hooks: Hooks | None = None
    handing: Handing | None = None
    acting: Acting | None = None

    def visitor(self, request: Request) -> Visitor:
        """Who looks."""
        return self.acting.login.visitor(request) if self.acting else ANYBODY


def application(board: Board) -> Starlette:
    """The application. It changes nothing of the site; who is logged in does, by `acting`."""
    pages = Pages(board.reader.site)
    anybody = board.acting.login.stranger if board.acting is not None else ANYBODY
    fresh = Fresh(board.reader, pages, time.monotonic, anybody)
    routes: list[BaseRoute] = [
        Route("/", partial(_overview, board, pages, fresh)),
        Route("/stages/{name}", partial(_stage, board, pages)),
        Route("/attempts/{name}", partial(_attempt, board, pages)),
        Route("/releases/{name}", partial(_release, board, pages)),
        Route("/evidence/{attempt}/{path:path}", partial(_evidence, board, pages)),
        Route("/events", partial(_events, fresh, board)),
        Route("/metrics", partial(_metrics, board)),
        *(Route(f"/static/{name}", partial(_asset, name)) for name in ASSETS),
    ]
    if board.hooks is not None:
        routes.append(Route("/hooks/gitlab", partial(_hook, board.hooks), methods=["POST"]))
    if board.acting is not None:
        routes += _acting(board.acting, partial(_plan, board, pages))
    forms = "'self'" if board.acting is not None else "'none'"
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(_Headed, policy=_POLICY.format(forms=forms)),
            Middleware(TrustedHostMiddleware, allowed_hosts=board.hosts),
        ],
        exception_handlers={
            HTTPException: partial(_missing, board, pages),
            StagegateError: partial(_refused, board, pages),
            OSError: partial(_refused, board, pages),
        },
    )


def _acting(acting: Acting, plan: Callable[[Request], Response]) -> list[BaseRoute]:
    """The addresses that are there if people can log in. Whatever changes anything is a POST."""
    of_stage = "/releases/{name}/{what}/{stage}"
    return [
        Route("/login", acting.login.begin),
        Route(DONE, acting.login.done),
        Route("/logout", acting.log_out, methods=["POST"]),
        Route(of_stage.replace("{what}", "plans"), plan, methods=["GET"]),
        Route(of_stage.replace("{what}", "plans"), acting.plan, methods=["POST"]),
        Route(of_stage.replace("{what}", "approvals"), acting.approve, methods=["POST"]),
        Route("/releases/{name}/rejection", acting.reject, methods=["POST"]),
    ]


def _overview(board: Board, pages: Pages, fresh: Fresh, request: Request) -> Response:
    visitor, found = board.visitor(request), fresh.overview()
    # As anybody sees it, it is there already.
    return HTMLResponse(pages.overview(found.seen, visitor) if visitor.person else found.html)


def _stage(board: Board, pages: Pages, request: Request) -> Response:
    name = request.path_params["name"]
    found = board.reader.stage(name)
    if found is None:
        raise HTTPException(404, f"This site has no stage {name!r}.")
    return HTMLResponse(pages.stage(name, found, board.visitor(request)))


def _attempt(board: Board, pages: Pages, request: Request) -> Response:
    name = request.path_params["name"]
    found = board.reader.attempt(name)
    if found is None:
        raise HTTPException(404, f"This site has no attempt {name!r}.")
    return HTMLResponse(pages.attempt(found, board.visitor(request)))


def _release(board: Board, pages: Pages, request: Request) -> Response:
    name = request.path_params["name"]
    found = board.reader.release(name)
    if found is None:
        raise HTTPException(404, f"This site has no release {name!r}.")
    return HTMLResponse(pages.release(found, board.visitor(request)))


def _plan(board: Board, pages: Pages, request: Request) -> Response:
    name, stage = request.path_params["name"], request.path_params["stage"]
    found = board.reader.release(name)
    if found is None or board.acting is None or stage not in {one.stage for one in found.stages}:
        raise HTTPException(404, f"This site has no release {name!r}, or no stage {stage!r}.")
    seen = board.acting.plans.of(found.release.id, stage)
    return HTMLResponse(pages.plan(name, stage, seen, board.visitor(request)))


def _evidence(board: Board, pages: Pages, request: Request) -> Response:
    site, attempt, path = board.reader.site, request.path_params["attempt"], request.path_params["path"]
    found = evidence.place(site / "runs", attempt, path)
    if found is None:
        raise HTTPException(404, f"There is no such evidence of {attempt!r} on this machine.")
    if found.is_file():
        return evidence.response(site, attempt, found)
    if path and not path.endswith("/"):
        return RedirectResponse(f"{request.url.path}/")
    entries = evidence.entries(site / "runs", attempt, found)
    return HTMLResponse(pages.folder(attempt, path.strip("/"), entries, board.visitor(request)))


async def _events(fresh: Fresh, board: Board, _request: Request) -> Response:
    unbuffered = {"x-accel-buffering": "no"}  # nginx would keep events until there are many
    plans = board.acting.plans.changes if board.acting is not None else None
    return StreamingResponse(
        events(fresh, board.over, changes=plans), media_type="text/event-stream", headers=unbuffered
    )


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


async def _missing(board: Board, pages: Pages, request: Request, problem: Exception) -> Response:
    found = problem if isinstance(problem, HTTPException) else HTTPException(500)
    return HTMLResponse(
        pages.trouble(found.detail, (), board.visitor(request), live=_live(request)),
        found.status_code,
        headers=found.headers,
    )


async def _refused(board: Board, pages: Pages, request: Request, problem: Exception) -> Response:
    """What `promote` says, as a page: why it may not be, or what cannot be read now."""
    lines = problem.lines() if isinstance(problem, StagegateError) else (str(problem),)
    status = next((code for kind, code in _STATUS.items() if isinstance(problem, kind)), 503)
    visitor, live = board.visitor(request), _live(request)
    page = await run_in_threadpool(pages.trouble, lines[0], lines[1:], visitor, live=live)
    return HTMLResponse(page, status)


def _live(request: Request) -> bool:
    """Whether the address may be asked again by the page itself: not a form's, and not one of a login.

    It would be told another trouble than this one there, or would begin another login.
    """
    return request.method != "POST" and not request.url.path.startswith("/login")


class _Headed:
    """Adds the headers to each response, but those that it has; `policy` is what its pages may do."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app, self._headers = app, {"content-security-policy": policy, **_HEADERS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, headed)
