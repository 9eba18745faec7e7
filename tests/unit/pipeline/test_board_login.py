"""Logging in on the board by GitLab's OAuth: the whole way there and back, and everything that ends it."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from desk import Desk, green
from login_ways import ANN, GROUP, Browser, believing

from pipeline.board.sessions import LOGIN_S, SESSION_S
from pipeline.core.identity import Identity
from pipeline.engine.line import set_line
from pipeline.testing.gitlab import FakeGitlab, Fault, Person


@pytest.fixture
def gitlab() -> Iterator[FakeGitlab]:
    with FakeGitlab() as server:
        server.patience_s = 3.0
        server.oauth.visitor = replace(ANN)
        yield server


@pytest.fixture
def browser(desk: Desk, gitlab: FakeGitlab) -> Browser:
    desk(*green(desk))
    believing(desk, gitlab)
    return Browser(desk, gitlab)


def refused(browser: Browser, gitlab_sends: str, status: int, told: str) -> None:
    """What GitLab sends the browser back with logs nobody in, and the page says why."""
    answer = browser.client.get(gitlab_sends)
    assert answer.status_code == status, answer.text
    assert told in answer.text
    assert "board.js" not in answer.text, "its script would fetch the address again, where another trouble is"
    assert not browser.form()
    assert "Log in by GitLab" in answer.text


def test_who_logs_in_is_named_on_each_page_and_comes_back_to_the_one_they_left(browser: Browser) -> None:
    # At the address to which GitLab sends it, as a cookie is of one name, and the board may have others.
    by_another_name = browser.client.get("/releases/r1", headers={"host": "localhost:8200"}).text
    assert 'href="https://board.example/login?page=%2Freleases%2Fr1"' in by_another_name

    browser.logged_in(page="/releases/r1")

    for page in ("/", "/stages/dev", "/attempts/p1", "/releases/r1", "/attempts/p9"):
        assert "Logged in as ann" in browser.client.get(page).text
    assert "Logged in as" not in browser.other().get("/").text


def test_who_logs_out_is_out_and_their_cookie_is_worth_nothing(browser: Browser) -> None:
    browser.logged_in()
    cookie = dict(browser.client.cookies)

    assert browser.send("/logout").status_code == 303

    assert not browser.form()
    browser.client.cookies.update(cookie)
    assert not browser.form()


def test_who_logs_in_again_is_logged_in_once(browser: Browser) -> None:
    browser.logged_in()
    before = dict(browser.client.cookies)
    browser.logged_in(Person("bo", {"owner": ["cloud"]}))
    other = browser.other()
    other.cookies.update(before)

    assert "Logged in as bo" in browser.client.get("/").text
    assert "Logged in as" not in other.get("/").text


@pytest.mark.parametrize(
    ("url", "prefix", "secure"),
    [("https://board.example", "__Host-", True), ("http://127.0.0.1:8200", "", False)],
)
def test_cookies_are_for_this_server_alone(
    desk: Desk, gitlab: FakeGitlab, url: str, prefix: str, *, secure: bool
) -> None:
    desk(*green(desk))
    believing(desk, gitlab)
    browser = Browser(desk, gitlab, url)
    begun = browser.client.get("/login")
    done = browser.client.get(browser.gitlab(begun.headers["location"]))

    for answer, name in ((begun, "stagegate-login"), (done, "stagegate")):
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"{prefix}{name}=")
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        assert ("Secure" in cookie) is secure
        assert "Domain" not in cookie


def test_gitlab_is_asked_for_no_more_than_who_somebody_is(browser: Browser, gitlab: FakeGitlab) -> None:
    address = browser.client.get("/login").headers["location"]

    assert address.startswith(f"{gitlab.url}/oauth/authorize?")
    assert "&scope=openid&" in address
    assert "&code_challenge_method=S256" in address
    assert gitlab.oauth.secret not in address


def test_a_login_is_over_after_half_an_hour(browser: Browser) -> None:
    browser.logged_in()
    browser.now = SESSION_S - 1
    form = browser.form()
    assert form

    browser.now = SESSION_S
    assert not browser.form()
    assert browser.send("/logout", form=form).status_code == 401


def test_what_another_browser_has_begun_is_refused(browser: Browser) -> None:
    sent = browser.at_gitlab()

    answer = browser.other().get(sent)

    assert answer.status_code == 400
    assert "was not begun in this browser" in answer.text


@pytest.mark.parametrize("state", ["", "other", "ä"])
def test_another_state_is_refused(browser: Browser, gitlab: FakeGitlab, state: str) -> None:
    sent = browser.at_gitlab().partition("&state=")[0]

    refused(browser, f"{sent}&state={state}", 400, "was not begun in this browser")
    assert "POST /oauth/token" not in gitlab.requests


def test_a_login_that_takes_too_long_is_refused(browser: Browser) -> None:
    sent = browser.at_gitlab()
    browser.now = LOGIN_S

    refused(browser, sent, 400, "or too long ago")


def test_what_comes_back_counts_once(browser: Browser, gitlab: FakeGitlab) -> None:
    sent = browser.at_gitlab()
    assert browser.client.get(sent).status_code == 303

    assert browser.client.get(sent).status_code == 400
    assert gitlab.requests.count("POST /oauth/token") == 1


def _used_before(browser: Browser, _gitlab: FakeGitlab, sent: str) -> str:
    """The code of another login, which counted already."""
    assert browser.client.get(sent).status_code == 303
    browser.client.cookies.clear()
    code = sent.partition("code=")[2].partition("&")[0]
    state = browser.at_gitlab().partition("state=")[2]
    return f"/login/done?code={code}&state={state}"


def _of_another_login(browser: Browser, _gitlab: FakeGitlab, sent: str) -> str:
    """A code that was never used, of another verifier."""
    code = sent.partition("code=")[2].partition("&")[0]
    state = browser.at_gitlab().partition("state=")[2]
    return f"/login/done?code={code}&state={state}"


def _expired(_browser: Browser, gitlab: FakeGitlab, sent: str) -> str:
    now = gitlab.oauth.now
    gitlab.oauth.now = lambda: now() + 3600
    return sent


def _blocked(_browser: Browser, gitlab: FakeGitlab, sent: str) -> str:
    assert gitlab.oauth.visitor is not None
    gitlab.oauth.visitor.blocked = True
    return sent


@pytest.mark.parametrize(
    ("way", "told"),
    [
        (_used_before, "the code was used"),
        (_of_another_login, "is not of this login"),
        (_expired, "has expired"),
        (_blocked, "the account is blocked"),
    ],
)
def test_a_code_that_gitlab_refuses_logs_nobody_in(
    browser: Browser, gitlab: FakeGitlab, way: Callable[[Browser, FakeGitlab, str], str], told: str
) -> None:
    refused(browser, way(browser, gitlab, browser.at_gitlab()), 403, told)


def test_a_wrong_secret_of_the_application_is_told(browser: Browser) -> None:
    browser.secret = "another"

    refused(browser, browser.at_gitlab(), 403, "id or secret is wrong")


def test_who_declines_at_gitlab_is_not_logged_in(browser: Browser, gitlab: FakeGitlab) -> None:
    gitlab.oauth.declines = True

    refused(browser, browser.at_gitlab(), 403, "you declined there")


def test_an_application_without_the_scope_is_told(browser: Browser, gitlab: FakeGitlab) -> None:
    gitlab.oauth.scopes = ("read_user",)

    refused(browser, browser.at_gitlab(), 403, "it refuses this application, or how it asks")


@pytest.mark.parametrize(
    "fault",
    [Fault.ERROR, Fault.TOO_MANY, Fault.UNHEARD, Fault.DROPPED, Fault.LOST, Fault.CUT, Fault.NONSENSE],
)
@pytest.mark.parametrize("later", [False, True], ids=["token", "userinfo"])
def test_without_gitlab_nobody_logs_in_and_the_board_is_the_same(
    browser: Browser, gitlab: FakeGitlab, fault: Fault, *, later: bool
) -> None:
    sent = browser.at_gitlab()
    gitlab.faults = [None, fault] if later else [fault]

    refused(browser, sent, 503, "GitLab did not answer")
    assert browser.client.get("/releases/r1").status_code == 200
    browser.logged_in()


def test_a_gitlab_that_sends_elsewhere_gets_no_code(browser: Browser, gitlab: FakeGitlab) -> None:
    sent = browser.at_gitlab()
    with FakeGitlab() as other:
        gitlab.moved_to = f"{other.url}/oauth/token"
        refused(browser, sent, 403, "it answered 302")
        assert other.requests == []


@pytest.mark.parametrize(
    "groups",
    [
        {},
        {"developer": ["cloud/infra-2", "cloud/infra/deep", "clou"]},
        {"guest": ["cloud/infra"], "reporter": ["cloud"]},
    ],
    ids=["none", "others", "too little"],
)
def test_who_is_no_developer_of_the_group_is_not_logged_in(
    browser: Browser, gitlab: FakeGitlab, groups: dict[str, list[str]]
) -> None:
    gitlab.oauth.visitor = Person("eve", groups)

    refused(browser, browser.at_gitlab(), 403, f"no role of theirs from Developer on in {GROUP}")


@pytest.mark.parametrize("page", ["//evil.example", "https://evil.example/", "/\\evil.example", "", "/\r\nx"])
def test_nobody_is_sent_elsewhere_after_a_login(browser: Browser, page: str) -> None:
    assert browser.client.get(browser.at_gitlab(page)).headers["location"] == "/"


def test_a_line_that_believes_no_gitlab_lets_nobody_in(desk: Desk, gitlab: FakeGitlab) -> None:
    desk(*green(desk))

    answer = Browser(desk, gitlab).client.get("/login")

    assert answer.status_code == 403
    assert "the line names no identity" in answer.text.replace("this site&#39;s line", "the line")


def test_who_was_logged_in_by_a_gitlab_that_is_believed_no_more_cannot_act(
    desk: Desk, browser: Browser
) -> None:
    browser.logged_in()
    before = desk.bench.shop().history().line
    assert before is not None
    other = Identity("https://other.example", "stagegate")
    set_line(desk.bench.shop(), replace(before, identity=other), "a test", expected=before)

    assert browser.send("/releases/r1/rejection", reason="x").status_code == 401
    assert not desk.bench.shop().history().rejections


def test_no_code_token_or_secret_is_shown_logged_or_recorded(
    desk: Desk, browser: Browser, gitlab: FakeGitlab, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sent = browser.at_gitlab()
    browser.client.get(sent)
    browser.send("/releases/r1/rejection", reason="it loses volumes")
    gitlab.oauth.tokens |= {"known": ANN}
    shown = [browser.client.get(page) for page in ("/", "/releases/r1", "/attempts/p1", "/stages/dev")]
    told = [str(browser.client.get(browser.at_gitlab().replace("code=", "code=x")).text)]
    code = sent.partition("code=")[2].partition("&")[0]
    canaries = {code, gitlab.oauth.secret, *gitlab.oauth.tokens} - {"known"}
    assert len(canaries) == 3

    ledger = json.dumps([str(record) for record in desk.bench.shop().ledger.read()])
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    cookies = str(dict(browser.client.cookies))
    for text in (ledger, cookies, *told, *logged, *(one.text + str(one.headers) for one in shown)):
        assert not [one for one in canaries if one in text]
