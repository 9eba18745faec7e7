"""What the Forge port promises, of the real adapter on a GitLab that answers as documented, or goes wrong."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from pipeline.adapters.gitlab_forge import GitlabForge
from pipeline.core.approval import GivenApproval
from pipeline.core.errors import ForgeRefused, ForgeUnreachable
from pipeline.core.freeze_period import FreezePeriod
from pipeline.core.messages import CommitStatus, Deployment, Issue, Link, Note, Progress, ReleasePage
from pipeline.forge import Forge
from pipeline.testing import FakeForge
from pipeline.testing.gitlab import FakeGitlab, Fault

NOW = 1_000_000
LIMIT_S = 0.25
STATUS = CommitStatus("p1@s", "c1", "stagegate/dev", Progress.RUNNING, "p1@s: under way")
DEPLOYMENT = Deployment("c1", "dev", Progress.RUNNING, NOW)
NOTE = Note("dev r@s", "c1", "**dev**: under way")
ISSUE = Issue("p1@s", "dev: failed", "why", NOW)
PAGE = ReleasePage("stagegate-r1-s", "c1", "r1", "what it is", (Link("dev", "u1"), Link("prod", "u2")))
TELLINGS: dict[str, Callable[[Forge], str]] = {
    "status": lambda forge: forge.set_status(STATUS),
    "deployment": lambda forge: forge.set_deployment(DEPLOYMENT, "", ""),
    "note": lambda forge: forge.put_note(NOTE),
    "issue": lambda forge: forge.open_issue(ISSUE),
    "release": lambda forge: forge.publish_release(PAGE),
}
CHANGES: dict[str, Callable[[Forge, str], str]] = {
    "status": lambda forge, _: forge.set_status(replace(STATUS, progress=Progress.SUCCESS)),
    "deployment": lambda forge, known: forge.set_deployment(
        replace(DEPLOYMENT, progress=Progress.FAILED), known, known
    ),
    "note": lambda forge, _: forge.put_note(replace(NOTE, body="**dev**: verified")),
    "issue": lambda forge, _: forge.open_issue(ISSUE),
    "release": lambda forge, _: forge.publish_release(replace(PAGE, body="more")),
}


@pytest.fixture
def gitlab() -> Iterator[FakeGitlab]:
    with FakeGitlab(now=lambda: NOW, patience_s=2 * LIMIT_S) as server:
        server.project.merged(12, "c1")
        yield server


@pytest.fixture
def forge(gitlab: FakeGitlab) -> Forge:
    return GitlabForge(gitlab.url, "group/project", gitlab.token)


@pytest.fixture
def hasty(gitlab: FakeGitlab) -> Forge:
    """One that waits no longer than a test may take. On a busy machine even a sound answer may be late."""
    return GitlabForge(gitlab.url, "group/project", gitlab.token, limit_s=LIMIT_S)


def there(gitlab: FakeGitlab) -> dict[str, list[object]]:
    """What the project has now, as far as it was told."""
    project = gitlab.project
    return {
        "status": [(row["sha"], row["name"], row["status"]) for row in project.statuses],
        "deployment": [
            (row["environment"]["name"], row["sha"], row["status"]) for row in project.deployments
        ],
        "note": [row["body"].splitlines()[1:] for rows in project.notes.values() for row in rows],
        "issue": [row["title"] for row in project.issues],
        "release": [
            (row["tag_name"], row["description"], [link["url"] for link in row["assets"]["links"]])
            for row in project.releases
        ],
    }


ONCE = {
    "status": [("c1", "stagegate/dev", "running")],
    "deployment": [("dev", "c1", "running")],
    "note": [["**dev**: under way"]],
    "issue": ["dev: failed"],
    "release": [("stagegate-r1-s", "what it is", ["u1", "u2"])],
}
CHANGED = {
    "status": [("c1", "stagegate/dev", "success")],
    "deployment": [("dev", "c1", "failed")],
    "note": [["**dev**: verified"]],
    "issue": ["dev: failed"],
    "release": [("stagegate-r1-s", "more", ["u1", "u2"])],
}


@pytest.mark.parametrize("kind", TELLINGS)
def test_a_forge_knows_what_it_was_told_by_one_id(forge: Forge, kind: str) -> None:
    for one in (forge, FakeForge()):
        first = TELLINGS[kind](one)
        assert first
        assert CHANGES[kind](one, first) == first


@pytest.mark.parametrize("kind", TELLINGS)
def test_what_is_told_is_there_and_stays_single_when_it_is_told_again_or_changes(
    gitlab: FakeGitlab, forge: Forge, kind: str
) -> None:
    first = TELLINGS[kind](forge)

    assert there(gitlab)[kind] == ONCE[kind]
    assert TELLINGS[kind](forge) == first
    assert there(gitlab)[kind] == ONCE[kind]
    assert CHANGES[kind](forge, first) == first
    assert there(gitlab)[kind] == CHANGED[kind]


def told_in_the_end(forge: Forge, kind: str) -> str:
    """The id of what was told, perhaps after several times."""
    for _ in range(5):
        with suppress(ForgeUnreachable):
            return TELLINGS[kind](forge)
    return TELLINGS[kind](forge)


@pytest.mark.parametrize("kind", TELLINGS)
@pytest.mark.parametrize("fault", Fault)
def test_whatever_goes_wrong_with_any_request_it_is_there_once_in_the_end(
    gitlab: FakeGitlab, forge: Forge, hasty: Forge, kind: str, fault: Fault
) -> None:
    TELLINGS[kind](forge)
    needed = len(gitlab.requests)
    for number in range(needed):
        gitlab.project.__init__(lambda: NOW)
        gitlab.project.merged(12, "c1")
        gitlab.faults = [*[None] * number, fault]
        told = told_in_the_end(hasty, kind)

        assert told
        assert there(gitlab)[kind] == ONCE[kind]


def test_no_answer_takes_longer_than_the_limit_however_it_trickles(
    gitlab: FakeGitlab, forge: Forge, hasty: Forge
) -> None:
    forge.open_issue(ISSUE)
    gitlab.patience_s = 20
    for fault in (Fault.SLOW, Fault.LOST):
        gitlab.faults = [fault]
        before = time.monotonic()
        with pytest.raises(ForgeUnreachable, match="GitLab did not answer"):
            hasty.open_issue(ISSUE)
        assert time.monotonic() - before < 5


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("soon", None)]
)
def test_what_gitlab_asks_to_wait_is_passed_on(
    gitlab: FakeGitlab, forge: Forge, header: str, seconds: float | None
) -> None:
    gitlab.retry_after = header
    gitlab.faults = [Fault.TOO_MANY]

    with pytest.raises(ForgeUnreachable) as caught:
        forge.open_issue(ISSUE)

    assert caught.value.retry_after_s == seconds
    assert gitlab.requests == []


@pytest.mark.parametrize("kind", ["deployment", "release"])
def test_the_token_of_a_job_may_deploy_and_release(gitlab: FakeGitlab, kind: str) -> None:
    forge = GitlabForge(gitlab.url, "42", gitlab.job_token, of_job=True)
    TELLINGS[kind](forge)
    assert there(gitlab)[kind] == ONCE[kind]


@pytest.mark.parametrize("kind", ["status", "note", "issue"])
def test_the_token_of_a_job_may_do_nothing_else(gitlab: FakeGitlab, kind: str) -> None:
    forge = GitlabForge(gitlab.url, "42", gitlab.job_token, of_job=True)
    with pytest.raises(ForgeRefused, match="GitLab refuses") as caught:
        TELLINGS[kind](forge)
    assert "403" in caught.value.why
    assert there(gitlab)[kind] == []


def test_a_wrong_token_is_refused_and_no_error_shows_it(gitlab: FakeGitlab) -> None:
    forge = GitlabForge(gitlab.url, "group/project", "glpat-wrong")
    with pytest.raises(ForgeRefused) as caught:
        forge.open_issue(ISSUE)
    assert "401" in caught.value.why
    assert "glpat-wrong" not in "".join(caught.value.lines())


def test_what_lies_many_pages_back_is_found(gitlab: FakeGitlab, forge: Forge) -> None:
    note, status, issue = forge.put_note(NOTE), forge.set_status(STATUS), forge.open_issue(ISSUE)
    for rows, text in (
        (gitlab.project.notes[12], "body"),
        (gitlab.project.statuses, "description"),
        (gitlab.project.issues, "description"),
    ):
        rows += [{**rows[0], "id": 900 + number, text: "another"} for number in range(230)]

    assert (forge.put_note(NOTE), forge.set_status(STATUS), forge.open_issue(ISSUE)) == (note, status, issue)
    assert not [request for request in gitlab.requests[9:] if not request.startswith("GET")]


def test_a_redirect_is_refused_and_does_not_get_the_token(gitlab: FakeGitlab, forge: Forge) -> None:
    with FakeGitlab() as elsewhere:
        gitlab.moved_to = f"{elsewhere.url}/api/v4/projects/42/issues"
        with pytest.raises(ForgeRefused) as caught:
            forge.open_issue(ISSUE)
        assert caught.value.why.startswith("302")
        assert elsewhere.requests == []


def test_the_note_is_on_the_merge_request_that_brought_the_commit(gitlab: FakeGitlab, forge: Forge) -> None:
    gitlab.project.merged(9, "c1", state="closed")
    gitlab.project.merged(31, "c1")  # it carried main into another branch

    forge.put_note(NOTE)

    assert list(gitlab.project.notes) == [12]
    assert forge.put_note(replace(NOTE, commit="nobody's")) == ""


def test_a_deployment_of_a_job_or_of_another_attempt_is_left_alone(gitlab: FakeGitlab, forge: Forge) -> None:
    gitlab.project.deployed("c1", "dev", job=7)
    earlier = forge.set_deployment(replace(DEPLOYMENT, progress=Progress.FAILED), "", "")
    later = forge.set_deployment(DEPLOYMENT, "", earlier)

    assert earlier != later
    assert [row["status"] for row in gitlab.project.deployments] == ["running", "failed", "running"]


def test_a_deployment_from_long_before_is_another_one(gitlab: FakeGitlab, forge: Forge) -> None:
    gitlab.project.deployed("c1", "dev")
    forge.set_deployment(replace(DEPLOYMENT, since=NOW + 3600), "", "")
    assert len(gitlab.project.deployments) == 2


def test_a_commit_that_gitlab_does_not_know_is_refused(gitlab: FakeGitlab, forge: Forge) -> None:
    gitlab.project.commits = {"c2"}
    for kind in ("status", "deployment", "note"):
        with pytest.raises(ForgeRefused):
            TELLINGS[kind](forge)


def test_freezes_and_approvals_are_read(gitlab: FakeGitlab, forge: Forge) -> None:
    project = gitlab.project
    project.freeze_periods = [
        {"id": n, "freeze_start": f"0 {n} * * 5", "freeze_end": "0 7 * * 1", "cron_timezone": "Europe/Berlin"}
        for n in range(130)
    ]
    row = project.deployed("c1", "prod", job=7)
    row["approvals"] = [
        {"user": {"username": "anna"}, "status": "approved", "created_at": "", "comment": "fine"},
        {"user": {"username": "bob"}, "status": "rejected", "created_at": "", "comment": None},
    ]

    assert len(forge.freeze_periods()) == 130
    assert forge.freeze_periods()[2] == FreezePeriod("0 2 * * 5", "0 7 * * 1", "Europe/Berlin")
    assert forge.approvals("c1", "prod") == (
        GivenApproval("anna", approved=True, comment="fine"),
        GivenApproval("bob", approved=False),
    )
    assert forge.approvals("c2", "prod") == ()
    project.premium = False
    assert forge.approvals("c1", "prod") == ()
