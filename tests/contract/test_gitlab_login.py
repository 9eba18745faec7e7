"""The SignIn port on the fake GitLab, and that the fake answers and refuses as GitLab documents."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from pipeline.adapters.gitlab_login import GitlabLogin
from pipeline.core.errors import NotProved
from pipeline.testing.gitlab import FakeGitlab, Person

DOCUMENTED: Mapping[str, Mapping[str, Any]] = json.loads(
    (Path(__file__).resolve().parents[2] / "fixtures/gitlab/oauth.json").read_text()
)
BACK = "https://board.example/login/done"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
EVERY_ROLE = {"owner": ["cloud/infra"], "maintainer": ["cloud/web"], "developer": ["cloud"]}


@pytest.fixture
def gitlab() -> Iterator[FakeGitlab]:
    with FakeGitlab() as server:
        server.oauth.back = BACK
        server.oauth.visitor = Person("ann", EVERY_ROLE)
        yield server


def login(gitlab: FakeGitlab) -> GitlabLogin:
    return GitlabLogin(f"{gitlab.url}/", gitlab.oauth.application, gitlab.oauth.secret, BACK)


def asked(gitlab: FakeGitlab, **different: str) -> requests.Response:
    """What a browser gets at the address of a login, with another value of some parameters."""
    address = urlsplit(login(gitlab).address("a state", CHALLENGE))
    known = {key: values[0] for key, values in parse_qs(address.query).items()}
    url = address._replace(query="").geturl()
    return requests.get(url, params={**known, **different}, allow_redirects=False, timeout=10)


def sent_back(answer: requests.Response) -> Mapping[str, str]:
    assert answer.headers["Location"].startswith(f"{BACK}?")
    return {key: values[0] for key, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def exchanged(gitlab: FakeGitlab, known: str, **different: str) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "client_id": gitlab.oauth.application,
        "client_secret": gitlab.oauth.secret,
        "code": known,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        **different,
    }
    return requests.post(f"{gitlab.url}/oauth/token", data=form, timeout=10)


def test_a_code_becomes_what_gitlab_says_of_the_person(gitlab: FakeGitlab) -> None:
    found = sent_back(asked(gitlab))

    claims = login(gitlab).claims(found["code"], VERIFIER)

    assert found["state"] == "a state"
    assert (claims["nickname"], claims["https://gitlab.org/claims/groups/developer"]) == ("ann", ["cloud"])
    assert claims.keys() == DOCUMENTED["GET /oauth/userinfo"].keys()


def test_a_token_has_the_documented_fields_but_the_one_that_is_not_read(gitlab: FakeGitlab) -> None:
    answer = exchanged(gitlab, sent_back(asked(gitlab))["code"])

    assert answer.status_code == 200
    assert answer.json().keys() == DOCUMENTED["POST /oauth/token"].keys() - {"id_token"}


@pytest.mark.parametrize(
    ("different", "status"),
    [({"client_id": "another"}, 401), ({"redirect_uri": "https://evil.example/login/done"}, 400)],
    ids=["client", "address"],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(
    gitlab: FakeGitlab, different: dict[str, str], status: int
) -> None:
    answer = asked(gitlab, **different)

    assert answer.status_code == status
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("different", "error"),
    [({"scope": "openid api"}, "invalid_scope"), ({"response_type": "token"}, "unsupported_response_type")],
    ids=["scope", "type"],
)
def test_what_the_application_may_not_ask_is_told_to_it(
    gitlab: FakeGitlab, different: dict[str, str], error: str
) -> None:
    assert sent_back(asked(gitlab, **different)) == {"error": error, "state": "a state"}


def test_who_is_not_logged_in_at_gitlab_is_asked_there(gitlab: FakeGitlab) -> None:
    gitlab.oauth.visitor = None

    assert asked(gitlab).headers["Location"] == "/users/sign_in"


@pytest.mark.parametrize(
    ("different", "status", "error"),
    [
        ({"client_secret": "another"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"code": "another"}, 400, "invalid_grant"),
        ({"code_verifier": "another"}, 400, "invalid_grant"),
        ({"code_verifier": ""}, 400, "invalid_grant"),
        ({"redirect_uri": "https://evil.example"}, 400, "invalid_grant"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_a_code_is_refused_as_documented(
    gitlab: FakeGitlab, different: dict[str, str], status: int, error: str
) -> None:
    answer = exchanged(gitlab, sent_back(asked(gitlab))["code"], **different)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json().keys() == DOCUMENTED["error"].keys()


def test_a_code_counts_once(gitlab: FakeGitlab) -> None:
    code = sent_back(asked(gitlab))["code"]
    assert exchanged(gitlab, code).status_code == 200

    assert exchanged(gitlab, code).status_code == 400
    with pytest.raises(NotProved):
        login(gitlab).claims(code, VERIFIER)


@pytest.mark.parametrize("blocked", [False, True])
def test_a_token_that_is_none_and_one_of_a_blocked_account_say_nothing(
    gitlab: FakeGitlab, *, blocked: bool
) -> None:
    token = exchanged(gitlab, sent_back(asked(gitlab))["code"]).json()["access_token"]
    assert gitlab.oauth.visitor is not None
    gitlab.oauth.visitor.blocked = blocked
    given = {"Authorization": f"Bearer {token if blocked else 'another'}"}

    assert requests.get(f"{gitlab.url}/oauth/userinfo", headers=given, timeout=10).status_code == 401


def test_credentials_of_this_account_for_the_host_are_not_sent(
    gitlab: FakeGitlab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))

    claims = login(gitlab).claims(_code(gitlab), VERIFIER)

    assert claims["nickname"] == "ann"


def _code(gitlab: FakeGitlab) -> str:
    return sent_back(asked(gitlab))["code"]
