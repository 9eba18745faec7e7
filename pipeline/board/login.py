"""Logging in by GitLab's OAuth, and out again: what a browser is sent, and what it must bring back."""

import hmac
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pipeline.board.sessions import LOGIN_S, SESSION_S, Begun, Remembered, Session, fresh
from pipeline.board.visitor import Visitor
from pipeline.core.errors import NotEligible, NotProved, TryAgain
from pipeline.core.identity import Identity
from pipeline.core.membership import person_of
from pipeline.forge import SignIn

DONE = "/login/done"
AT_ONCE = 8  # how many wait for GitLab: each has one of the forty threads that answer for all pages


@dataclass(frozen=True, slots=True)
class Application:
    """The board as an application of a GitLab.

    `url` is the board's own address, as browsers have it, and `groups` are the paths of those whose members
    may act. `sign_in` asks the GitLab with a URL.
    """

    url: str
    groups: tuple[str, ...]
    sign_in: Callable[[str], SignIn]


class Login:
    """Who is logged in.

    `identity` tells whose word the line believes; `clock` counts seconds, from whenever. `stranger` is who
    has not logged in.
    """

    def __init__(
        self, application: Application, identity: Callable[[], Identity | None], clock: Callable[[], float]
    ) -> None:
        self._application, self._identity = application, identity
        self.stranger = Visitor(application.url)
        self._waiting = threading.Semaphore(AT_ONCE)
        self._begun = Remembered[Begun](clock, LOGIN_S)
        self._sessions = Remembered[Session](clock, SESSION_S)
        # A browser takes a cookie with this prefix from this host alone, with TLS, and for all of its paths.
        self._secure = application.url.startswith("https://")
        self._prefix = "__Host-" if self._secure else ""

    def visitor(self, request: Request) -> Visitor:
        """Who looks. It asks neither the ledger nor GitLab, so it says no more than who logged in."""
        found = self._sessions.find(self._cookie(request, "stagegate"))
        return replace(self.stranger, person=found.person, form=found.form) if found else self.stranger

    def begin(self, request: Request) -> Response:
        """Send the browser to GitLab. Raises NotEligible if the line believes none."""
        issuer = self._issuer()
        begun = Begun(fresh(), fresh(), issuer, _page_of(request))
        address = self._application.sign_in(issuer).address(begun.state, begun.challenge)
        return self._with_cookie(redirect(address), "stagegate-login", self._begun.keep(begun), LOGIN_S)

    def done(self, request: Request) -> Response:
        """Log in who comes back from GitLab. Raises NotProved or, without an answer, ForgeUnreachable.

        While too many wait for that, it raises TryAgain. What this browser has not begun here, a short time
        ago and just once, is refused.
        """
        begun = self._begun.take(self._cookie(request, "stagegate-login"))
        given = request.query_params
        if begun is None or not _same(given.get("state", ""), begun.state):
            raise HTTPException(
                HTTPStatus.BAD_REQUEST, "This login was not begun in this browser, or too long ago"
            )
        code = given.get("code", "")
        if not code:
            raise NotProved(
                "GitLab lets nobody in; nobody is logged in",
                why="you declined there"
                if given.get("error") == "access_denied"
                else "it refuses this application, or how it asks",
                next="log in again, and authorize the application",
            )
        person = person_of(self._claims(begun, code), self._application.groups)
        session = Session(person, begun.issuer, fresh())
        self._sessions.take(self._cookie(request, "stagegate"))  # one browser has one login
        return self._with_cookie(redirect(begun.page), "stagegate", self._sessions.keep(session), SESSION_S)

    def _claims(self, begun: Begun, code: str) -> Mapping[str, object]:
        """What GitLab says of who brought this code. Raises TryAgain while too many wait: anybody may."""
        if not self._waiting.acquire(blocking=False):
            raise TryAgain(
                "too many log in just now; nobody is logged in",
                why=f"GitLab is asked for {AT_ONCE} people at once",
                next="log in again soon",
            )
        try:
            return self._application.sign_in(begun.issuer).claims(code, begun.verifier)
        finally:
            self._waiting.release()

    def proved(self, request: Request, form: str) -> Session:
        """The session of who sent a form with this token. Raises HTTPException without, and NotEligible.

        The token is in the pages of this session alone, so nobody else's page can send a form in its name.
        """
        found = self._sessions.find(self._cookie(request, "stagegate"))
        if found is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED, "Nobody is logged in here, or not any more")
        if not _same(form, found.form):
            raise HTTPException(
                HTTPStatus.FORBIDDEN, "This form is not of your login here; load its page again"
            )
        if found.issuer != self._issuer():
            raise HTTPException(
                HTTPStatus.UNAUTHORIZED, f"This site's line does not believe {found.issuer} any more"
            )
        return found

    def end(self, request: Request) -> Response:
        """Log out who sent a form that `proved` has taken."""
        self._sessions.take(self._cookie(request, "stagegate"))
        answer = redirect("/")
        answer.delete_cookie(f"{self._prefix}stagegate", secure=self._secure, httponly=True, samesite="lax")
        return answer

    def _issuer(self) -> str:
        identity = self._identity()
        if identity is None:
            raise NotEligible(
                "nobody can log in",
                why="this site's line names no identity, so it believes no GitLab",
                next="promote line set FILE",
            )
        return identity.issuer

    def _cookie(self, request: Request, name: str) -> str:
        return request.cookies.get(f"{self._prefix}{name}", "")

    def _with_cookie(self, answer: Response, name: str, value: str, lasts_s: float) -> Response:
        # Lax: GitLab's page leads here, and a browser would not bring a strict one along.
        answer.set_cookie(
            f"{self._prefix}{name}",
            value,
            max_age=int(lasts_s),
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )
        return answer


def redirect(address: str) -> RedirectResponse:
    """Send the browser there, whatever it has sent here."""
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def address_of_login(board: str, page: str) -> str:
    """Where one logs in who wants to see this page of the board then.

    It is at the board's own address: a cookie of another name of it would not come back from GitLab.
    """
    return f"{board}/login?{urlencode({'page': page})}"


def _page_of(request: Request) -> str:
    """The page to show then: one of the board, and nobody else's."""
    page = request.query_params.get("page", "/")
    local = page.startswith("/") and not page.startswith("//") and "\\" not in page and page.isprintable()
    return page if local else "/"


def _same(given: str, known: str) -> bool:
    """Whether they are equal, found out in a time that tells nothing."""
    return hmac.compare_digest(given.encode(), known.encode())
