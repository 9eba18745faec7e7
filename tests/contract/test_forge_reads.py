"""What is read from GitLab is right or is not there, whatever goes wrong with a request."""

from collections.abc import Callable, Iterator

import pytest
import requests

from pipeline.adapters.gitlab_forge import GitlabForge
from pipeline.core.approval import GivenApproval
from pipeline.core.errors import ForgeRefused, ForgeUnreachable
from pipeline.core.freeze_period import FreezePeriod
from pipeline.forge import Forge
from pipeline.testing.gitlab import FakeGitlab, Fault

LIMIT_S = 0.25
READINGS: dict[str, tuple[Callable[[Forge], object], object]] = {
    "freezes": (
        lambda forge: forge.freeze_periods(),
        tuple(FreezePeriod(f"{n % 60} 18 * * 5", "0 7 * * 1", "Europe/Berlin") for n in range(130)),
    ),
    "approvals": (
        lambda forge: forge.approvals("c1", "prod"),
        (GivenApproval("anna", approved=True, comment="fine"),),
    ),
}


@pytest.fixture
def gitlab() -> Iterator[FakeGitlab]:
    with FakeGitlab(now=lambda: 1_000_000, patience_s=2 * LIMIT_S) as server:
        server.project.freeze_periods = [
            {
                "id": n,
                "freeze_start": f"{n % 60} 18 * * 5",
                "freeze_end": "0 7 * * 1",
                "cron_timezone": "Europe/Berlin",
            }
            for n in range(130)
        ]
        row = server.project.deployed("c1", "prod", "success", job=7)
        row["approvals"] = [{"user": {"username": "anna"}, "status": "approved", "comment": "fine"}]
        yield server


@pytest.mark.parametrize("kind", READINGS)
@pytest.mark.parametrize("fault", Fault)
def test_a_reading_is_whole_or_unreachable(gitlab: FakeGitlab, kind: str, fault: Fault) -> None:
    read, whole = READINGS[kind]
    forge = GitlabForge(gitlab.url, "group/project", gitlab.token, limit_s=LIMIT_S)
    for number in range(2):  # each has two requests
        gitlab.faults = [*[None] * number, fault]
        try:
            assert read(forge) == whole
        except ForgeUnreachable:
            assert fault is not Fault.TWICE
        gitlab.faults = []
        assert read(GitlabForge(gitlab.url, "group/project", gitlab.token)) == whole


def test_a_job_may_not_read_freeze_periods(gitlab: FakeGitlab) -> None:
    forge = GitlabForge(gitlab.url, "42", gitlab.job_token, of_job=True)
    with pytest.raises(ForgeRefused) as caught:
        forge.freeze_periods()
    assert (caught.value.forbidden, caught.value.why[:3]) == (True, "403")


def test_without_premium_there_are_no_approvals_and_no_protected_environments(gitlab: FakeGitlab) -> None:
    gitlab.project.premium = False
    assert GitlabForge(gitlab.url, "group/project", gitlab.token).approvals("c1", "prod") == ()
    answer = requests.get(
        f"{gitlab.url}/api/v4/projects/42/protected_environments/prod",
        headers={"PRIVATE-TOKEN": gitlab.token},
        timeout=10,
    )
    assert answer.status_code == 403
