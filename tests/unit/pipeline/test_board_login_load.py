"""A GitLab that is slow while many come back from it: the board has threads left for everybody else."""

import threading
from collections.abc import Mapping
from dataclasses import replace

from desk import Desk, green
from login_ways import ANN, Browser, believing

from pipeline.adapters.gitlab_login import GitlabLogin
from pipeline.board.login import AT_ONCE
from pipeline.testing.gitlab import FakeGitlab


class Slow(Browser):
    """A browser at a board whose GitLab says nothing of anybody until `goes_on`."""

    def _sign_in(self, url: str) -> GitlabLogin:
        found, slow = super()._sign_in(url), self
        answer = found.claims

        def claims(code: str, verifier: str) -> Mapping[str, object]:
            slow.waiting.release()
            assert slow.goes_on.wait(30)
            return answer(code, verifier)

        found.claims = claims
        return found


def test_no_more_than_some_wait_for_gitlab_and_another_is_told_to_come_again(desk: Desk) -> None:
    Slow.waiting, Slow.goes_on = threading.Semaphore(0), threading.Event()
    with FakeGitlab() as gitlab:
        gitlab.oauth.visitor = replace(ANN)
        desk(*green(desk))
        believing(desk, gitlab)
        browser = Slow(desk, gitlab)
        codes: list[int] = []

        def come_back() -> None:
            browser_of = browser.other()
            sent = browser.gitlab(browser_of.get("/login").headers["location"])
            codes.append(browser_of.get(sent).status_code)

        threads = [threading.Thread(target=come_back) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert Slow.waiting.acquire(timeout=30)
        ninth = threading.Thread(target=come_back)
        ninth.start()
        ninth.join(10)
        told = list(codes)
        Slow.goes_on.set()
        for thread in (*threads, ninth):
            thread.join(30)

        assert told == [503]
        assert codes[1:] == [303] * AT_ONCE
        browser.logged_in()
