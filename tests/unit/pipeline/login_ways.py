"""A board on which people log in by the fake GitLab, and a browser that goes there and comes back."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from board_ways import never
from desk import Desk
from starlette.testclient import TestClient

from pipeline.adapters.gitlab_login import GitlabLogin
from pipeline.board.acting import Acting
from pipeline.board.app import Board, application
from pipeline.board.login import DONE, Application, Login
from pipeline.board.plans import Plans
from pipeline.board.reading import Reader
from pipeline.cli.plan import code_of, document
from pipeline.core.identity import Identity
from pipeline.core.line import Line
from pipeline.engine.line import set_line
from pipeline.engine.preview import preview
from pipeline.testing.gitlab import FakeGitlab, Person

GROUP = "cloud/infra"
URL = "https://board.example"
ANN = Person("ann", {"developer": ["cloud"]})


def believing(desk: Desk, gitlab: FakeGitlab) -> None:
    """The line of the desk's site believes this GitLab."""
    shop = desk.bench.shop()
    before = shop.history().line
    assert before is not None
    set_line(shop, Line(before.stages, Identity(gitlab.url, "stagegate")), "a test", expected=before)


class Browser:
    """Somebody's browser, at a board with this address. `now` is the clock of logins, in seconds."""

    def __init__(
        self, desk: Desk, gitlab: FakeGitlab, url: str = URL, groups: tuple[str, ...] = (GROUP,)
    ) -> None:
        self.now = 0.0
        self.made: list[tuple[str, str]] = []
        self.secret = gitlab.oauth.secret
        self._desk, self._gitlab = desk, gitlab
        gitlab.oauth.back = f"{url}{DONE}"
        asked = Application(url, groups, self._sign_in)
        self.reader = Reader(desk.bench.shop())
        self.login = Login(asked, self.reader.identity, lambda: self.now)
        self.plans = Plans(self._plan, desk.bench.clock.now)
        acting = Acting(self.reader, self.login, self.plans)
        self.app = application(Board(self.reader, ("*",), never, acting=acting))
        self.client = self.other()

    def other(self) -> TestClient:
        """Another browser at the same board."""
        return TestClient(
            self.app, base_url=self._gitlab.oauth.back.removesuffix(DONE), follow_redirects=False
        )

    def at_gitlab(self, page: str = "/") -> str:
        """Begin to log in; where GitLab sends the browser then."""
        began = self.client.get("/login", params={"page": page})
        assert began.status_code == 303, began.text
        return self.gitlab(began.headers["location"])

    def gitlab(self, address: str) -> str:
        """Where GitLab sends the browser that comes to this address, without the board's own."""
        answer = requests.get(address, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        parts = urlsplit(answer.headers["Location"])
        return f"{parts.path}?{parts.query}"

    def logged_in(self, person: Person = ANN, page: str = "/") -> None:
        """Log in as this person."""
        self._gitlab.oauth.visitor = person
        done = self.client.get(self.at_gitlab(page))
        assert (done.status_code, done.headers.get("location")) == (303, page), done.text

    def send(self, path: str, **fields: str) -> Any:  # noqa: ANN401 - of the client
        """Send a form of the board, with the token that is in its pages unless it is given."""
        return self.client.post(path, data={"form": self.form(), **fields})

    def form(self) -> str:
        """The token in the pages of who is logged in; empty without."""
        _, _, rest = self.client.get("/").text.partition('name="form" value="')
        return rest.partition('"')[0]

    def planned(self, release: str, stage: str) -> str:
        """Have the plan made; its digest."""
        asked = self.send(f"/releases/{release}/plans/{stage}")
        assert asked.status_code == 303, asked.text
        page = f"/releases/{release}/plans/{stage}"
        assert asked.headers["location"] == page
        while "being made" in (text := self.client.get(page).text):
            time.sleep(0.01)
        return text.partition('name="digest" value="')[2].partition('"')[0]

    def _plan(self, release: str, stage: str) -> Mapping[str, Any]:
        self.made.append((release, stage))
        found = preview(self._desk.bench.shop(), stage, release, None)
        return document(found, code_of(found))

    def _sign_in(self, url: str) -> GitlabLogin:
        oauth = self._gitlab.oauth
        return GitlabLogin(url, oauth.application, self.secret, oauth.back, limit_s=2.0)
