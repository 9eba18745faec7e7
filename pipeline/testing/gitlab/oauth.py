"""The fake as an OAuth provider: an application, people, codes that count once, tokens and whose they are."""

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from pipeline.testing.gitlab.calls import Refusal, Request, Row

Answer = tuple[int, dict[str, str], object]
_CODE_S = 600.0
_ROLE = "https://gitlab.org/claims/groups/"
_ROLES = ("owner", "maintainer", "developer")
_INVALID = "The provided authorization grant is invalid, expired, revoked, or was issued to another client."


@dataclass(slots=True)
class Person:
    """An account. `groups` are the paths of groups by their own role there: "developer", "guest" and so on.

    One that is blocked gets no code, and an error for a code or token that it has. GitLab documents no more.
    """

    name: str
    groups: Mapping[str, list[str]] = field(default_factory=dict)
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class _Grant:
    """What a code, or a token, was given for."""

    person: Person
    back: str
    challenge: str
    until: float


@dataclass(slots=True)
class OAuth:
    """What /oauth answers. `now` is its clock, in seconds since 1970.

    The application is confidential, may use these `scopes`, and sends people to `back` alone. `visitor` is
    whose browser comes; None: of nobody who is logged in at GitLab. With `declines` they let the application
    know nothing. `tokens` are those that were given out.
    """

    now: Callable[[], float]
    application: str = "an-application"
    secret: str = "a-secret-of-the-application"  # noqa: S105 - of the fake alone
    back: str = ""
    scopes: tuple[str, ...] = ("openid",)
    visitor: Person | None = None
    declines: bool = False
    tokens: dict[str, Person] = field(default_factory=dict)
    _codes: dict[str, _Grant] = field(default_factory=dict)

    def answer(self, request: Request, headers: Mapping[str, str]) -> Answer:
        """The answer to a request below /oauth."""
        match request.method, request.path:
            case "GET", "/oauth/authorize":
                return self._authorize(request.query)
            case "POST", "/oauth/token":
                return self._token(request.body)
            case "GET", "/oauth/userinfo":
                return self._userinfo(headers.get("Authorization", ""))
            case _:
                raise Refusal(404, "404 Not Found")

    def _authorize(self, asked: Mapping[str, str]) -> Answer:
        if asked.get("client_id") != self.application:
            return 401, {}, _error("invalid_client")
        if asked.get("redirect_uri") != self.back:
            return 400, {}, _error("invalid_redirect_uri")
        if self.visitor is None or self.visitor.blocked:
            return 302, {"Location": "/users/sign_in"}, {}
        wrong = {
            "unsupported_response_type": asked.get("response_type") != "code",
            "invalid_scope": not set(asked.get("scope", "").split()) <= set(self.scopes),
            "access_denied": self.declines,
        }
        if error := next((word for word, holds in wrong.items() if holds), None):
            return self._sent_back(asked, error=error)
        code = secrets.token_hex(32)
        challenge = asked.get("code_challenge", "") if asked.get("code_challenge_method") == "S256" else ""
        self._codes[code] = _Grant(self.visitor, self.back, challenge, self.now() + _CODE_S)
        return self._sent_back(asked, code=code)

    def _sent_back(self, asked: Mapping[str, str], **told: str) -> Answer:
        told |= {"state": asked["state"]} if "state" in asked else {}
        return 302, {"Location": f"{self.back}?{urlencode(told)}"}, {}

    def _token(self, form: Mapping[str, str]) -> Answer:
        if (form.get("client_id"), form.get("client_secret")) != (self.application, self.secret):
            return 401, {}, _error("invalid_client")
        if form.get("grant_type") != "authorization_code":
            return 400, {}, _error("unsupported_grant_type")
        grant = self._codes.pop(str(form.get("code")), None)  # whatever comes of it, it counts once
        verified = grant is not None and _challenge_of(str(form.get("code_verifier", ""))) == grant.challenge
        if grant is None or not verified or grant.back != form.get("redirect_uri"):
            return 400, {}, _error("invalid_grant")
        if self.now() >= grant.until or grant.person.blocked:
            return 400, {}, _error("invalid_grant")
        token = secrets.token_hex(32)
        self.tokens[token] = grant.person
        row = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": 7200,
            "refresh_token": secrets.token_hex(32),
            "scope": "openid",
            "created_at": int(self.now()),
        }
        return 200, {}, row

    def _userinfo(self, header: str) -> Answer:
        person = self.tokens.get(header.removeprefix("Bearer "))
        if person is None or person.blocked:
            return 401, {}, {"error": "invalid_token", "error_description": "The access token is invalid"}
        row: Row = {
            "sub": "5",
            "name": person.name.title(),
            "nickname": person.name,
            "preferred_username": person.name,
            "website": "",
            "profile": f"https://gitlab.example/{person.name}",
            "picture": "",
            "groups": sorted(path for paths in person.groups.values() for path in paths),
            # Of a role that they have nowhere, it is null.
            **{f"{_ROLE}{role}": person.groups.get(role) for role in _ROLES},
        }
        return 200, {}, row


def _challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _error(word: str) -> Row:
    return {"error": word, "error_description": _INVALID}
