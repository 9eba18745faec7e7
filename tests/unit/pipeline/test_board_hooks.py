"""Webhooks: who may begin promotions, by which pushes, and how many pushes become one."""

import json
import threading
from collections.abc import Callable, Iterator

import pytest
from board_ways import PROJECTS, SECRET, asked
from desk import Desk, green
from starlette.testclient import TestClient

from pipeline.board.handing import Handing
from pipeline.board.hooks import MOST_BYTES, judged
from pipeline.board.pushes import AGAIN_S, MOST_S, QUIET_S, Pushes
from pipeline.core.errors import UsageProblem

COMMIT = "9a3c1f0e" * 5


def push(project: str = "cloud/stagegate", ref: str = "refs/heads/main", after: str = COMMIT) -> bytes:
    """What GitLab sends of a push, as far as it is read."""
    about = {"path_with_namespace": project, "default_branch": "main"}
    return json.dumps({"object_kind": "push", "ref": ref, "after": after, "project": about}).encode()


class Hooked:
    """A board with webhooks; `pushed` is what it was told."""

    def __init__(self, desk: Desk) -> None:
        self.pushed: list[str] = []
        self._client: TestClient = asked(desk, self.pushed.append)

    def __call__(
        self, body: bytes, token: bytes | None = SECRET.encode(), event: str = "Push Hook"
    ) -> tuple[int, bool]:
        headers = {b"X-Gitlab-Event": event.encode()}
        headers |= {b"X-Gitlab-Token": token} if token is not None else {}
        answer = self._client.post("/hooks/gitlab", content=body, headers=headers)
        assert SECRET not in answer.text
        return answer.status_code, answer.json()["taken"]


@pytest.fixture
def hooked(desk: Desk) -> Hooked:
    desk(*green(desk))
    return Hooked(desk)


@pytest.mark.parametrize(("project", "candidate"), PROJECTS.items())
def test_a_push_to_a_default_branch_is_taken(hooked: Hooked, project: str, candidate: str) -> None:
    assert hooked(push(project)) == (202, True)
    assert hooked.pushed == [candidate]


@pytest.mark.parametrize(
    "token",
    [None, b"", b"wrong", SECRET[:-1].encode(), f"{SECRET}x".encode(), SECRET.upper().encode(), b"\xe4"],
    ids=["none", "empty", "other", "shorter", "longer", "upper", "no-text"],
)
def test_without_the_secret_nothing_is_taken(hooked: Hooked, token: bytes | None) -> None:
    assert hooked(push(), token) == (401, False)
    assert hooked(b"not JSON", token) == (401, False)
    assert not hooked.pushed


@pytest.mark.parametrize(
    ("body", "event", "status"),
    [
        (push(ref="refs/heads/topic"), "Push Hook", 200),
        (push(ref="refs/tags/main"), "Push Hook", 200),
        (push(after="0" * 40), "Push Hook", 200),
        (push(), "Tag Push Hook", 200),
        (push(), "Merge Request Hook", 200),
        (push("cloud/other"), "Push Hook", 403),
        (b"", "Push Hook", 400),
        (b"[]", "Push Hook", 400),
        (b'{"project": 1}', "Push Hook", 400),
        (b"\xff", "Push Hook", 400),
        (
            b'{"project": {"path_with_namespace": [], "default_branch": 1}, "ref": 1, "after": 1}',
            "Push Hook",
            403,
        ),
        (b" " * (MOST_BYTES + 1), "Push Hook", 413),
    ],
    ids=[
        "branch",
        "tag",
        "removed",
        "tagged",
        "merge",
        "project",
        "empty",
        "list",
        "number",
        "bytes",
        "types",
        "long",
    ],
)
def test_what_is_no_push_to_promote_is_not_taken(
    hooked: Hooked, body: bytes, event: str, status: int
) -> None:
    assert hooked(body, event=event) == (status, False)
    assert not hooked.pushed


def test_a_board_without_webhooks_has_no_such_address(desk: Desk) -> None:
    desk(*green(desk))

    assert asked(desk).post("/hooks/gitlab", headers={"X-Gitlab-Token": ""}).status_code == 404


def test_a_default_branch_may_have_any_name() -> None:
    body = push(ref="refs/heads/main").replace(b'"main"', b'"release/1"')

    assert not judged("Push Hook", body, PROJECTS).candidate


def test_of_pushes_in_a_short_time_the_last_one_counts() -> None:
    found = Pushes().pushed("config", 100.0).pushed("config", 104.0)

    assert found.due == 104.0 + QUIET_S
    assert found.candidate == "config"


def test_pushes_without_end_wait_no_longer_than_a_minute() -> None:
    found = Pushes()
    for at in range(0, 100, 5):
        found = found.pushed("config", float(at))

    assert found.due == MOST_S


@pytest.mark.parametrize("order", [("code", "config"), ("config", "code")])
def test_a_push_to_the_code_takes_one_to_the_config_with_it(order: tuple[str, str]) -> None:
    first, second = order

    assert Pushes().pushed(first, 0.0).pushed(second, 1.0).candidate == "code"


def test_what_met_a_transient_failure_comes_twice_again_and_then_no_more() -> None:
    taken, at = Pushes().pushed("code", 0.0), 20.0
    for _ in range(2):
        taken = Pushes().failed_for_now(taken, at)
        assert taken.candidate == "code"
        assert taken.due == at + AGAIN_S
        at = taken.due

    assert not Pushes().failed_for_now(taken, at).waiting


@pytest.mark.parametrize(
    ("taken", "meanwhile", "then"),
    [("code", "config", "code"), ("config", "code", "code"), ("config", "config", "config")],
)
def test_what_met_a_transient_failure_goes_with_what_came_meanwhile(
    taken: str, meanwhile: str, then: str
) -> None:
    came = Pushes().pushed(meanwhile, 30.0)

    again = came.failed_for_now(Pushes().pushed(taken, 0.0), 35.0)

    assert (again.candidate, again.due, again.tries) == (then, came.due, 0)


class Clockwork:
    """A clock that is far ahead at each look, so that everything is due at once."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        self.time += MOST_S
        return self.time


class Runs:
    """Promotions that end when they are let, with these exit codes; `begun` are their candidates."""

    def __init__(self, *codes: int | Exception) -> None:
        self.begun: list[str] = []
        self.let = threading.Semaphore(0)
        self.on = threading.Semaphore(0)
        self._codes = list(codes)

    def __call__(self, candidate: str) -> int:
        self.begun.append(candidate)
        self.on.release()
        assert self.let.acquire(timeout=30)
        code = self._codes.pop(0)
        if isinstance(code, Exception):
            raise code
        return code


Handed = Callable[..., tuple[Handing, Runs, list[str]]]


@pytest.fixture
def handed() -> Iterator[Handed]:
    open_: list[tuple[Handing, Runs]] = []

    def start(
        *codes: int | Exception, say: Callable[[str], None] | None = None
    ) -> tuple[Handing, Runs, list[str]]:
        runs, said = Runs(*codes), []
        handing = Handing(runs, Clockwork(), say or said.append)
        handing.start()
        open_.append((handing, runs))
        return handing, runs, said

    yield start
    for handing, runs in open_:
        runs.let.release(9)
        handing.stop()


def test_promotions_of_pushes_begin_one_after_the_other(handed: Handed) -> None:
    handing, runs, said = handed(0, 3)
    handing.pushed("code")
    assert runs.on.acquire(timeout=30)
    for _ in range(3):
        handing.pushed("config")
    assert handing.waiting() == 2
    assert runs.begun == ["code"]

    runs.let.release()
    assert runs.on.acquire(timeout=30)
    assert runs.begun == ["code", "config"]
    assert handing.ended() == {("code", "0"): 1}
    runs.let.release()
    handing.stop()

    assert handing.ended() == {("code", "0"): 1, ("config", "3"): 1}
    assert handing.waiting() == 0
    assert said[-1] == "the promotion of a push to the config ended with exit code 3"


@pytest.mark.parametrize(
    "problem",
    [
        UsageProblem("git fetch failed", next="git fetch"),
        OSError("git fetch failed"),
        KeyError("git fetch failed"),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_a_promotion_that_cannot_begin_is_told_and_the_next_one_begins(
    handed: Handed, problem: Exception
) -> None:
    handing, runs, said = handed(problem, 0)
    runs.let.release(2)
    handing.pushed("code")
    assert runs.on.acquire(timeout=30)
    handing.pushed("config")
    assert runs.on.acquire(timeout=30)
    handing.stop()

    assert handing.ended() == {("code", "not_begun"): 1, ("config", "0"): 1}
    assert "git fetch failed" in said[0]


def test_pushes_are_handed_over_when_nobody_can_be_told(handed: Handed) -> None:
    def gone(_text: str) -> None:
        raise BrokenPipeError

    handing, runs, _ = handed(UsageProblem("git fetch failed", next="git fetch"), 0, say=gone)
    runs.let.release(2)
    for _ in range(2):
        handing.pushed("config")
        assert runs.on.acquire(timeout=30)
    handing.stop()

    assert handing.ended() == {("config", "not_begun"): 1, ("config", "0"): 1}


def test_a_transient_failure_is_followed_by_two_more_tries(handed: Handed) -> None:
    handing, runs, _ = handed(75, 75, 75)
    runs.let.release(3)
    handing.pushed("code")
    for _ in range(3):
        assert runs.on.acquire(timeout=30)
    handing.stop()

    assert runs.begun == ["code"] * 3
    assert handing.waiting() == 0


def test_a_server_that_stops_begins_no_more(handed: Handed) -> None:
    handing, runs, _ = handed(0)
    handing.pushed("code")
    assert runs.on.acquire(timeout=30)
    handing.pushed("config")
    stopping = threading.Thread(target=handing.stop)
    stopping.start()
    runs.let.release()
    stopping.join(30)

    assert not stopping.is_alive()
    assert runs.begun == ["code"]


def test_a_stop_waits_no_longer_than_it_may_and_says_what_goes_on(handed: Handed) -> None:
    handing, runs, said = handed(0)
    handing.pushed("code")
    assert runs.on.acquire(timeout=30)
    handing.stop(0.1)

    assert said == [
        "the promotion of a push has not ended 0.1 s after it was asked to, and is left; next: promote status"
    ]
    assert handing.waiting() == 1
