"""A deployment is recorded once: by the job that this process is in, or by Stagegate."""

from pipeline.core.ci_job import CiJob
from pipeline.core.errors import UsageProblem
from pipeline.core.forge_rule import DeploymentOwner
from pipeline.core.line import LineStage


def require_one_owner(rules: LineStage | None, job: CiJob | None) -> None:
    """Raise UsageProblem if this job is a deployment into the stage and the line has the API record one."""
    if rules is None or job is None or rules.forge.deployments is not DeploymentOwner.API:
        return
    if job.environment == rules.name:
        raise UsageProblem(
            f"deployments into {rules.name} would be recorded twice: by this job and by Stagegate",
            where=f"the environment {rules.name} of the job {job.url}",
            why=f"this site's line has them recorded by the api (gitlab: deployments, of stage {rules.name})",
            next="add action: verify to the environment of the job, or: promote line set FILE",
        )
