"""What the variables of a job of GitLab say, and what children get of them."""

import pytest

from pipeline.adapters.gitlab_surroundings import forge, job
from pipeline.adapters.surroundings import FORGE_TOKEN, inherited, inherited_by_git
from pipeline.core.ci_job import CiJob
from pipeline.core.errors import UsageProblem

OF_JOB = {
    "CI_JOB_URL": "https://gitlab.example/group/project/-/jobs/7",
    "CI_COMMIT_SHA": "c1",
    "CI_COMMIT_REF_NAME": "main",
    "CI_PIPELINE_ID": "5",
    "CI_ENVIRONMENT_NAME": "dev",
    "CI_SERVER_URL": "https://gitlab.example",
    "CI_PROJECT_PATH": "group/project",
    "CI_JOB_TOKEN": "of-the-job",
}


def test_a_job_says_what_it_is() -> None:
    assert job(OF_JOB) == CiJob(OF_JOB["CI_JOB_URL"], "c1", "main", 5, "dev")
    assert job({**OF_JOB, "CI_MERGE_REQUEST_IID": "12"}).merge_request == 12
    assert job({}) is None


@pytest.mark.parametrize(("action", "environment"), [("start", "dev"), ("verify", ""), ("prepare", "")])
def test_gitlab_makes_a_deployment_of_a_job_only_if_that_starts_something(
    action: str, environment: str
) -> None:
    assert job({**OF_JOB, "CI_ENVIRONMENT_ACTION": action}).environment == environment


def test_nobody_is_told_without_a_token_and_the_project_of_the_job_with_one() -> None:
    assert forge(OF_JOB) is None
    told = forge({**OF_JOB, FORGE_TOKEN: "glpat"})
    assert (told.url, told.project) == ("https://gitlab.example", "group/project")


def test_another_project_can_be_named_and_somebody_must_be() -> None:
    named = {"STAGEGATE_GITLAB_URL": "https://other.example/", "STAGEGATE_GITLAB_PROJECT": "42"}
    told = forge({**OF_JOB, **named, FORGE_TOKEN: "glpat"})
    assert (told.url, told.project) == ("https://other.example", "42")
    with pytest.raises(UsageProblem) as caught:
        forge({FORGE_TOKEN: "glpat"})
    assert caught.value.where == "the variable STAGEGATE_GITLAB_URL"
    assert "glpat" not in "".join(caught.value.lines())


@pytest.mark.parametrize(("token", "of_job"), [("glpat", False), ("of-the-job", True)])
def test_the_token_of_the_job_is_sent_as_what_it_is(token: str, of_job: bool) -> None:  # noqa: FBT001 - a case
    told = forge({**OF_JOB, FORGE_TOKEN: token})
    assert ((told._server.job_token, told._server.private_token) == (token, None)) == of_job  # noqa: SLF001 - what is sent


def test_children_do_not_get_the_token() -> None:
    assert inherited({**OF_JOB, FORGE_TOKEN: "glpat"}) == OF_JOB


def test_git_gets_the_token_of_the_job_by_its_own_name_alone() -> None:
    told_by_it = {**OF_JOB, FORGE_TOKEN: OF_JOB["CI_JOB_TOKEN"], "ALSO": OF_JOB["CI_JOB_TOKEN"]}
    assert inherited_by_git(told_by_it) == OF_JOB
    assert inherited_by_git({**OF_JOB, FORGE_TOKEN: "glpat"}) == OF_JOB
    assert inherited_by_git({"HOME": "/root"}) == {"HOME": "/root"}


def test_children_do_not_get_the_token_by_another_name() -> None:
    left = inherited({**OF_JOB, FORGE_TOKEN: OF_JOB["CI_JOB_TOKEN"]})
    assert left == {name: value for name, value in OF_JOB.items() if name != "CI_JOB_TOKEN"}
    assert inherited({"EMPTY": "", FORGE_TOKEN: ""}) == {"EMPTY": ""}
