"""What GitLab's variables say: which job this process is, and which project may be told by which token."""

from collections.abc import Mapping

from pipeline.adapters.surroundings import FORGE_TOKEN
from pipeline.core.ci_job import CiJob
from pipeline.core.credentials import without_credentials
from pipeline.core.errors import UsageProblem
from pipeline.forge import Forge


def job(environment: Mapping[str, str]) -> CiJob | None:
    """The job that this process is in; None outside."""
    url, commit = environment.get("CI_JOB_URL"), environment.get("CI_COMMIT_SHA")
    if not url or not commit:
        return None
    # With any other action, such as verify, GitLab makes no deployment.
    starts = environment.get("CI_ENVIRONMENT_ACTION", "") in {"", "start"}
    return CiJob(
        url=url,
        commit=commit,
        ref=environment.get("CI_COMMIT_REF_NAME", ""),
        pipeline=_number(environment, "CI_PIPELINE_ID"),
        environment=environment.get("CI_ENVIRONMENT_NAME", "") if starts else "",
        merge_request=_number(environment, "CI_MERGE_REQUEST_IID"),
    )


def forge(environment: Mapping[str, str]) -> Forge | None:
    """The project to tell: that of the job, unless variables name another; None without a token.

    Raises UsageProblem for a token without a server or a project.
    """
    token = environment.get(FORGE_TOKEN)
    if not token:
        return None
    url = environment.get("STAGEGATE_GITLAB_URL") or environment.get("CI_SERVER_URL")
    project = environment.get("STAGEGATE_GITLAB_PROJECT") or environment.get("CI_PROJECT_PATH")
    if not url or not project:
        missing = "STAGEGATE_GITLAB_PROJECT" if url else "STAGEGATE_GITLAB_URL"
        raise UsageProblem(
            f"{FORGE_TOKEN} is set, but not whom to tell with it",
            where=f"the variable {missing}",
            why="only a job of GitLab has others that say so",
            next=f"export {missing}=…, or unset {FORGE_TOKEN}",
        )
    from pipeline.adapters.gitlab_forge import GitlabForge  # noqa: PLC0415 - python-gitlab is slow to import

    return GitlabForge(
        without_credentials(url), project, token, of_job=token == environment.get("CI_JOB_TOKEN")
    )


def _number(environment: Mapping[str, str], name: str) -> int:
    """The number in this variable; 0 without one."""
    value = environment.get(name, "")
    return int(value) if value.isdecimal() else 0
