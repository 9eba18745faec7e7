"""Config repositories at an address: their credentials stay out of everything, and their HEAD is followed."""

import base64
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pinning import Copied
from repositories import commit, repository_at, run

from pipeline.adapters.addresses import parse_address
from pipeline.adapters.config_repositories import ConfigRepositories
from pipeline.adapters.file_lock import locked
from pipeline.adapters.revisions_git import GitRevisions
from pipeline.core.errors import TryAgain, UsageProblem

LOGIN = "Basic " + base64.b64encode(b"deploy:s3cr3t/token").decode()


class Guarded(SimpleHTTPRequestHandler):
    """Serves files to whom knows the password."""

    def do_GET(self) -> None:
        if self.headers.get("Authorization") == LOGIN:
            super().do_GET()
            return
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="config"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, external: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The host and path of the external repository, which wants a password."""
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(variable, "127.0.0.1")
    run(external, "update-server-info")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Guarded, directory=str(tmp_path))) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{served.server_port}/{external.name}/.git"
        served.shutdown()


def test_credentials_reach_the_server_and_nothing_else(
    server: str, site: Path, copied: Copied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "trace"  # every process that git starts, with its arguments
    monkeypatch.setenv("GIT_TRACE", str(trace))
    place = copied(f"http://deploy:s3cr3t%2Ftoken@{server}@main")

    assert (place / "config/roles").read_text() == "one"
    assert f"http://{server}" in trace.read_text()
    everything = [trace, *(path for path in site.rglob("*") if path.is_file())]
    assert not [path for path in everything if b"s3cr3t" in path.read_bytes()]


def test_a_wrong_password_is_refused_without_being_told(
    revisions: GitRevisions, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TERMINAL_PROMPT", "0")
    address = f"http://deploy:wr0ng@{server}"

    with pytest.raises(UsageProblem, match="could not be fetched") as caught:
        revisions.identify(address)

    told = " ".join([*caught.value.lines(), *(str(cause) for cause in [caught.value.__cause__])])
    assert "wr0ng" not in told
    assert caught.value.where == f"http://{server}"
    assert caught.value.next == f"git ls-remote http://{server}"


@pytest.mark.parametrize(
    "address",
    [
        "https://host/config.git?private_token=s3cr3t",
        "https://host/config.git?private_token=s3cr3t@main",
        "https://user:half/s3cr3t@host/config.git",
        "https://user:line%0As3cr3t@host/config.git",
        "ssh://user:s3cr3t@host/config.git",
        "user:s3cr3t@host:config.git",
    ],
)
def test_an_address_that_cannot_keep_its_credentials_is_refused_without_them(
    revisions: GitRevisions, address: str
) -> None:
    with pytest.raises(UsageProblem, match="cannot be used") as caught:
        revisions.identify(address)
    with pytest.raises(UsageProblem, match="cannot be used"), revisions.loose(address):
        pass

    assert "s3cr3t" not in " ".join(caught.value.lines())


def test_an_address_is_shown_without_its_credentials_in_a_traceback_too() -> None:
    assert "token" not in repr(parse_address("https://user:token@host/config.git"))


def test_what_is_set_for_git_already_stays_beside_the_credentials() -> None:
    found = parse_address("https://user:token@host/x").variables({"GIT_CONFIG_COUNT": "1"})

    assert (found["GIT_CONFIG_COUNT"], found["GIT_CONFIG_KEY_1"]) == ("3", "credential.helper")
    assert found["GIT_CONFIG_KEY_2"] == "credential.https://host.helper"
    assert not [
        name for name, value in found.items() if "token" in value and name != "STAGEGATE_GIT_PASSWORD"
    ]


def test_a_clone_of_an_older_version_that_holds_credentials_is_removed(
    revisions: GitRevisions, external: Path, site: Path
) -> None:
    older = site / "config-repositories" / "0123456789abcdef"
    older.mkdir(parents=True)
    run(older, "init", "--quiet", "--bare")
    run(older, "config", "remote.origin.url", "https://user:s3cr3t@host/config.git")

    revisions.identify(f"file://{external}")

    assert not older.exists()


def test_a_default_branch_that_was_renamed_is_followed(external: Path, copied: Copied) -> None:
    before = copied(f"file://{external}")
    run(external, "branch", "--move", "main", "trunk")
    commit(external, {"roles": "two"})

    after = copied(f"file://{external}")
    assert after != before
    assert (after / "config/roles").read_text() == "two"


def test_another_default_branch_beside_the_old_one_is_followed(external: Path, copied: Copied) -> None:
    copied(f"file://{external}")
    run(external, "checkout", "--quiet", "-b", "trunk")
    commit(external, {"roles": "two"})

    assert (copied(f"file://{external}") / "config/roles").read_text() == "two"
    assert (copied(f"file://{external}@main") / "config/roles").read_text() == "one"


def test_a_head_that_points_to_nothing_is_refused_and_a_branch_still_works(
    revisions: GitRevisions, external: Path
) -> None:
    known = revisions.identify(f"file://{external}")
    run(external, "symbolic-ref", "HEAD", "refs/heads/gone")

    with pytest.raises(UsageProblem, match="no default branch") as caught:
        revisions.identify(f"file://{external}")
    assert f"file://{external}@BRANCH" in caught.value.next
    assert revisions.identify(f"file://{external}@main").pin == known.pin


def test_a_commit_that_was_forced_away_is_still_found_by_its_id(
    revisions: GitRevisions, external: Path
) -> None:
    known = revisions.identify(f"file://{external}")
    run(external, "commit", "--quiet", "--amend", "--message", "another")

    again = revisions.identify(f"file://{external}@{known.pin.config_revision}")
    assert again.pin == known.pin


def test_a_fetch_waits_for_another_one_and_then_goes_on(external: Path, tmp_path: Path) -> None:
    repositories = ConfigRepositories(tmp_path, wait_s=60)
    _, commit_id = repositories.fetched(f"file://{external}", None)
    (lock,) = (tmp_path / "config-repositories").glob(".*.lock")
    with ExitStack() as stack:
        stack.enter_context(locked(lock))
        threading.Timer(0.3, stack.pop_all().close).start()
        assert repositories.fetched(f"file://{external}", None)[1] == commit_id


def test_a_fetch_that_waits_for_too_long_says_try_again(external: Path, tmp_path: Path) -> None:
    ConfigRepositories(tmp_path).fetched(f"file://{external}", None)
    (lock,) = (tmp_path / "config-repositories").glob(".*.lock")

    with locked(lock), pytest.raises(TryAgain, match="another command is fetching") as caught:
        ConfigRepositories(tmp_path, wait_s=0).fetched(f"file://{external}", None)
    assert caught.value.where == f"file://{external}"


def test_fetches_at_once_agree(external: Path, site: Path, repository: Path) -> None:
    repository_at(site.parent / "another", {"roles": "x"})
    found: list[str] = []

    def fetch() -> None:
        found.append(GitRevisions(repository, site).identify(f"file://{external}").pin.id)

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == len(threads)
    assert len(set(found)) == 1
