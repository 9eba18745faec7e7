"""Webhooks: who may begin promotions, by which pushes, and how many pushes become one."""

import json

import pytest
from board_ways import PROJECTS, SECRET, asked
from desk import Desk, green
from starlette.testclient import TestClient

from pipeline.board.hooks import MOST_BYTES, judged
from pipeline.board.pushes import AGAIN_S, MOST_S, QUIET_S, Pushes

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
