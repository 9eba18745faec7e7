"""Logging in by GitLab's OAuth: a code becomes a token, and that what GitLab says of the person.

No error repeats a code, a token or the secret, and none is chained to one of a library that might.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import requests

from pipeline.adapters.gitlab_http import BoundedSession
from pipeline.core.errors import ForgeUnreachable, NotProved

_LIMIT_S = 10.0
_SCOPE = "openid"  # who somebody is, and the groups of theirs; nothing of what is in them
_SERVER_ERROR = 500
_AGAIN = "log in again; without GitLab, promote approve and promote reject"
# What GitLab's words for a refusal mean to who runs the board; its longer texts are not repeated.
_WHY: Mapping[str, str] = {
    "invalid_client": "the application's id or secret is wrong, or the application is gone",
    "invalid_grant": "the code was used, has expired, or is not of this login; or the account is blocked",
    "unauthorized_client": "the application may not ask for codes",
    "invalid_scope": f"the application lacks the scope {_SCOPE}",
}


class GitlabLogin:
    """The SignIn port at the GitLab with this URL, as this application.

    `back` is the address to which GitLab sends browsers with a code.
    """

    def __init__(self, url: str, application: str, secret: str, back: str, limit_s: float = _LIMIT_S) -> None:
        self._url = url.rstrip("/")
        self._application = application
        self._secret = secret
        self._back = back
        self._session = BoundedSession(limit_s)

    def address(self, state: str, challenge: str) -> str:
        """Where a browser asks for a code."""
        asked = {
            "client_id": self._application,
            "redirect_uri": self._back,
            "response_type": "code",
            "scope": _SCOPE,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._url}/oauth/authorize?{urlencode(asked)}"

    def claims(self, code: str, verifier: str) -> Mapping[str, object]:
        """What GitLab says of the person to whom it gave this code."""
        form = {
            "grant_type": "authorization_code",
            "client_id": self._application,
            "client_secret": self._secret,
            "code": code,
            "redirect_uri": self._back,
            "code_verifier": verifier,
        }
        token = self._asked("POST", "/oauth/token", data=form).get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise _silent(f"{self._url}/oauth/token", "its answer has no token")
        return self._asked("GET", "/oauth/userinfo", headers={"Authorization": f"Bearer {token}"})

    def _asked(self, method: str, path: str, **options: Any) -> Mapping[str, object]:  # noqa: ANN401 - as requests
        """The JSON of an answer that is a success."""
        address = f"{self._url}{path}"
        try:
            # Without an `auth` of its own, requests would take one for this host from a .netrc.
            answer = self._session.request(method=method, url=address, auth=_as_it_is, **options)
            body = answer.json()
        except ForgeUnreachable as problem:
            raise _silent(address, problem.why) from None
        except (requests.RequestException, ValueError) as problem:
            raise _silent(address, f"no answer in JSON: {type(problem).__name__}") from None
        if answer.status_code >= _SERVER_ERROR or not isinstance(body, dict):
            raise _silent(address, f"it answered {answer.status_code}")
        if not answer.ok or answer.is_redirect:
            word = str(body.get("error", ""))
            raise _refused(address, _WHY.get(word, f"it answered {answer.status_code}"))
        return body


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _refused(where: str, why: str) -> NotProved:
    return NotProved(
        "GitLab does not say who you are; nobody is logged in", where=where, why=why, next=_AGAIN
    )


def _silent(where: str, why: str) -> ForgeUnreachable:
    return ForgeUnreachable("GitLab did not answer; nobody is logged in", where=where, why=why, next=_AGAIN)
