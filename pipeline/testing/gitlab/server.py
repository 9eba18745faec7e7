"""The fake as an HTTP server: tokens, pages, faults. What it does is in `routes`."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http.server import ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlencode

from pipeline.testing.gitlab.calls import Refusal, Request
from pipeline.testing.gitlab.connection import Connection
from pipeline.testing.gitlab.faults import Fault
from pipeline.testing.gitlab.oauth import OAuth
from pipeline.testing.gitlab.project import Project
from pipeline.testing.gitlab.routes import answer

_PER_PAGE, _MOST_PER_PAGE = 20, 100
_SUCCESS = {"POST": 201}


class FakeGitlab:
    """A GitLab with one project and two tokens: `token` may do all, `job_token` what a job may.

    `faults` are those of the next requests, in order; None: nothing goes wrong. `requests` are those that
    were read so far, as "POST /api/v4/…". `patience_s` is longer than any client waits, `retry_after` what
    it asks for, and `moved_to` where it sends everybody, if anywhere. `oauth` is how people log in by it.
    """

    token = "a-token-of-the-project"  # noqa: S105 - of the fake alone
    job_token = "a-token-of-a-job"  # noqa: S105 - likewise

    def __init__(self, now: Callable[[], float] = time.time, patience_s: float = 5.0) -> None:
        self.project = Project(now)
        self.oauth = OAuth(now)
        self.faults: list[Fault | None] = []
        self.requests: list[str] = []
        self.retry_after = "1"
        self.moved_to = ""
        self.patience_s = patience_s
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Connection, self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        """Answer, until the end of the block."""
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let everybody go who waits for an answer."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def next_fault(self) -> Fault | None:
        """The fault of the request that comes now."""
        with self._lock:
            return self.faults.pop(0) if self.faults else None

    def answered(self, request: Request, headers: Mapping[str, str]) -> tuple[int, dict[str, str], object]:
        """The answer to a request: its code, its headers, its body."""
        with self._lock:
            self.requests.append(f"{request.method} {request.path}")
            if self.moved_to:
                return 302, {"Location": self.moved_to}, {}
            try:
                if request.path.startswith("/oauth/"):
                    return self.oauth.answer(request, headers)
                found = answer(self.project, self._authenticated(request, headers))
            except Refusal as refusal:
                return refusal.code, {}, {"message": refusal.message}
            if isinstance(found, Sequence):
                return 200, *_page(found, request, self.url)
            return _SUCCESS.get(request.method, 200), {}, found

    def _authenticated(self, request: Request, headers: Mapping[str, str]) -> Request:
        if headers.get("PRIVATE-TOKEN") == self.token:
            return request
        if headers.get("JOB-TOKEN") == self.job_token:
            return Request(request.method, request.path, {}, request.query, request.body, of_job=True)
        raise Refusal(401, "401 Unauthorized")


def _page(rows: Sequence[Any], request: Request, url: str) -> tuple[dict[str, str], Sequence[Any]]:
    """One page, with the headers that tell of the others."""
    per_page = min(int(request.query.get("per_page", _PER_PAGE)), _MOST_PER_PAGE)
    page = int(request.query.get("page", 1))
    pages = max(1, -(-len(rows) // per_page))
    headers = {
        "X-Page": str(page),
        "X-Per-Page": str(per_page),
        "X-Total": str(len(rows)),
        "X-Total-Pages": str(pages),
        "X-Prev-Page": str(page - 1) if page > 1 else "",
        "X-Next-Page": str(page + 1) if page < pages else "",
    }
    if page < pages:
        query = urlencode({**request.query, "page": page + 1, "per_page": per_page})
        headers["Link"] = f'<{url}{request.path}?{query}>; rel="next"'
    return headers, rows[(page - 1) * per_page : page * per_page]
