"""A whole server on which people log in by GitLab: by HTTP alone, and what of secrets is left after it."""

import re
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from board_serving import Serve, old_site, serving, until
from programs import ended

from pipeline.bootstrap.office import Place, office
from pipeline.core import events as ev
from pipeline.core.actor import Actor
from pipeline.core.approval import ApprovalRule
from pipeline.core.identity import Identity
from pipeline.core.line import Line, LineGate, LineStage
from pipeline.testing.gitlab import FakeGitlab, Person
from pipeline.testing.small import Quiet

ROOT = Path(__file__).parents[3]
OAUTH = ("--oauth-id", "an-application", "--oauth-secret", "env:OAUTH", "--oauth-group", "cloud")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return old_site(tmp_path)


@pytest.fixture
def serve(site: Path, tmp_path: Path) -> Iterator[Serve]:
    with serving(site, tmp_path) as start:
        yield start


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.mark.processes
def test_who_logs_in_by_gitlab_rejects_a_release_and_no_secret_is_left_anywhere(
    serve: Serve, site: Path
) -> None:
    port, stage = free_port(), LineStage("dev", (), (LineGate("smoke"),), approvals=ApprovalRule(1))
    with FakeGitlab() as gitlab, office(site, Place(), Quiet()) as books:
        line = Line((stage,), Identity(gitlab.url, "stagegate"))
        books.ledger.append([ev.LineSet(line, Actor("a test"), "a test")])
        gitlab.oauth.back = f"http://127.0.0.1:{port}/login/done"
        gitlab.oauth.visitor = Person("ann", {"maintainer": ["cloud"]})
        words = (*OAUTH, "--url", f"http://127.0.0.1:{port}", "--listen", f"127.0.0.1:{port}")
        served = serve(*words, variables={"OAUTH": gitlab.oauth.secret, "no_proxy": "127.0.0.1"})
        browser = requests.Session()
        browser.trust_env = False
        board = f"http://127.0.0.1:{port}"
        page = browser.get(f"{board}/login?page=/releases/r1", timeout=30)
        assert page.url == f"{board}/releases/r1"
        assert "Logged in as ann" in page.text
        form = re.findall(r'name="form" value="([^"]+)"', page.text)[0]

        # The site has no copy of the release, so no plan can be made: the page tells what the process says.
        browser.post(f"{board}/releases/r1/plans/dev", {"form": form}, timeout=30)
        plan = f"{board}/releases/r1/plans/dev"
        until(lambda: "It is being made" not in browser.get(plan, timeout=30).text, served)
        assert "copy is not in this site" in browser.get(plan, timeout=30).text
        done = browser.post(
            f"{board}/releases/r1/rejection", {"form": form, "reason": "it hangs"}, timeout=30
        )
        assert "Rejected by ann, by the board" in done.text

        assert [str(one.by) for one in books.history().rejections.values()] == ["ann, by the board"]
        why = ("why", "--stage", "dev", "--release", "r1", "--site", str(site))
        shown = ended(sys.executable, "-m", "pipeline.cli", *why, cwd=ROOT, check=True)
        assert "ann, by the board" in shown.stdout
        (token,) = gitlab.oauth.tokens
        kept = [file.read_bytes() for file in site.rglob("*") if file.is_file()]
        command = Path(f"/proc/{served.process.pid}/cmdline").read_bytes()
        for text in (*kept, command, served.log().encode(), shown.stdout.encode(), done.content):
            assert token.encode() not in text
            assert gitlab.oauth.secret.encode() not in text
        assert served.ended(signal.SIGTERM) == 0
        assert "Traceback" not in served.log()
