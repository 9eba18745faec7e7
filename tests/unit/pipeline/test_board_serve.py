"""`promote serve`: what it refuses before it listens, and a whole server with its webhooks."""

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from board_serving import Serve, old_site, serving, until
from desk import Desk, green
from programs import ended

from pipeline.board.serve_login import login_asked
from pipeline.cli.exit_codes import ExitCode

HERE = Path(__file__).parent
SECRET = "a made-up token"
OAUTH = ("--oauth-id", "an-application", "--oauth-secret", "env:OAUTH", "--oauth-group", "cloud")


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("--listen", "8200"), "is not HOST:PORT"),
        (("--listen", ":8200"), "is not HOST:PORT"),
        (("--listen", "localhost:99999"), "is not HOST:PORT"),
        (("--listen", "192.0.2.1:8200"), "nothing can listen on 192.0.2.1:8200"),
        (("--hook-secret", "env:HOOK"), "webhooks need a secret, a clone and a project"),
        (("--code-project", "cloud/code"), "webhooks need a secret, a clone and a project"),
        (("-o", "json"), "it never ends"),
        (
            ("--oauth-secret", "env:OAUTH"),
            "to log in needs an address, an application, its secret and a group",
        ),
        (("--url", "https://board.example"), "to log in needs an address"),
        ((*OAUTH, "--url", "http://board.example"), "who logs in needs TLS"),
        ((*OAUTH, "--url", "https://a@board.example"), "this is not the address of a board"),
        ((*OAUTH, "--url", "https://board.example/x"), "this is not the address of a board"),
        ((*OAUTH, "--url", "https://[board"), "this is not the address of a board"),
        ((*OAUTH, "--url", "board.example"), "this is not the address of a board"),
        ((*OAUTH, "--url", "https://*.example"), "this is not the address of a board"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_what_cannot_be_served_is_refused_before_anything_listens(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], told: str
) -> None:
    desk(*green(desk))
    monkeypatch.setenv("OAUTH", SECRET)

    assert desk("serve", *argv) == ExitCode.USAGE
    assert told in desk.err + desk.out


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("plain text", "is not a reference"),
        ("env:HOOK_THAT_IS_NOT_SET", "which is not set"),
        ("file:/nowhere/hook", "cannot be read"),
    ],
)
def test_a_secret_of_webhooks_is_a_reference_to_one(
    desk: Desk, tmp_path: Path, reference: str, told: str
) -> None:
    desk(*green(desk))
    code = desk("serve", "--hook-secret", reference, "--clone", str(tmp_path), "--code-project", "cloud/code")

    assert code == ExitCode.USAGE
    assert told in desk.err
    assert "plain text" not in desk.err


def test_a_site_whose_line_believes_no_gitlab_offers_no_login(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk(*green(desk))
    monkeypatch.setenv("OAUTH", SECRET)

    assert desk("serve", *OAUTH, "--url", "https://board.example") == ExitCode.NOT_ELIGIBLE
    assert "this site's line names no identity" in desk.err
    assert SECRET not in desk.err


@pytest.mark.parametrize(
    "url", ["HTTPS://Board.example:8443/", " https://board.example:8443", "https://board.example:8443?#"]
)
def test_however_its_address_is_written_browsers_keep_the_cookie_to_tls(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("OAUTH", SECRET)
    asked = login_asked(url=url, oauth_id="a", oauth_secret="env:OAUTH", oauth_groups=("cloud",))

    assert asked is not None
    assert (asked.url, asked.host) == ("https://board.example:8443", "board.example")


def test_the_secret_of_an_application_is_a_reference_to_one(desk: Desk) -> None:
    desk(*green(desk))
    words = ("--oauth-id", "an-application", "--oauth-secret", "plain text", "--oauth-group", "cloud")

    assert desk("serve", *words, "--url", "https://board.example") == ExitCode.USAGE
    assert "the secret of the application in GitLab is not a reference" in desk.err
    assert "plain text" not in desk.err


@pytest.mark.parametrize(
    ("clone", "told"),
    [
        (HERE, "webhooks would change the code that this server runs"),
        (Path("/"), "this is not a git checkout"),
    ],
    ids=["own", "none"],
)
def test_pushes_are_checked_out_in_a_clone_of_their_own(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, clone: Path, told: str
) -> None:
    desk(*green(desk))
    monkeypatch.setenv("HOOK", SECRET)
    code = desk("serve", "--hook-secret", "env:HOOK", "--clone", str(clone), "--code-project", "cloud/code")

    assert code == ExitCode.USAGE
    assert told in desk.err
    assert SECRET not in desk.err


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return old_site(tmp_path)


@pytest.fixture
def serve(site: Path, tmp_path: Path) -> Iterator[Serve]:
    with serving(site, tmp_path) as start:
        yield start


def git(repository: Path, *argv: str) -> str:
    names = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    return ended("git", "-C", repository, *names, *argv, check=True).stdout.strip()


@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_shows_what_another_process_does_and_ends_in_order(
    serve: Serve, site: Path, number: signal.Signals
) -> None:
    served = serve()
    lines = served.stream()
    assert next(line for line in lines if line.startswith("event")) == "event: changed"

    hold = ("hold", "--reason", "a fair", "--site", str(site))
    ended(sys.executable, "-m", "pipeline.cli", *hold, cwd=HERE.parents[2], check=True)

    assert next(line for line in lines if line.startswith("event")) == "event: changed"
    assert "a fair" in served.ask("GET", "/")[1]
    assert served.ended(number) == 0
    assert "Traceback" not in served.log()


@pytest.mark.processes
def test_a_push_moves_the_clone_to_the_newest_code_and_begins_a_promotion(
    serve: Serve, tmp_path: Path
) -> None:
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    ended("git", "init", "--quiet", "--initial-branch=main", origin, check=True)
    git(origin, "commit", "--quiet", "--allow-empty", "--message=first")
    ended("git", "clone", "--quiet", origin, clone, check=True)
    git(origin, "commit", "--quiet", "--allow-empty", "--message=second")
    words = (
        "--hook-secret",
        "env:HOOK",
        "--clone",
        str(clone),
        "--code-project",
        "cloud/code",
        "--stage",
        "dev",
    )
    served = serve(*words, variables={"HOOK": SECRET})
    about = {"path_with_namespace": "cloud/code", "default_branch": "main"}
    body = json.dumps({"ref": "refs/heads/main", "after": git(origin, "rev-parse", "HEAD"), "project": about})

    headers = {"X_Gitlab_Event": "Push Hook", "X_Gitlab_Token": SECRET}
    assert served.ask("POST", "/hooks/gitlab", body, **headers)[0] == 202
    until(lambda: "ended with exit code" in served.log(), served)

    assert git(clone, "rev-parse", "HEAD") == git(origin, "rev-parse", "HEAD")
    # The clone holds nothing that could be promoted, which is for the promotion to say.
    found = dict(line.rpartition(" ")[::2] for line in served.ask("GET", "/metrics")[1].splitlines())
    code = int(float(found["stagegate_hook_last_exit_code"]))
    assert f"the promotion of a push to the code ended with exit code {code}" in served.log()
    assert code in {ExitCode.USAGE, ExitCode.UNEXPECTED}
    assert SECRET not in served.log()
    assert served.ended(signal.SIGTERM) == 0
