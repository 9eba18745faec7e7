"""The job of a CI server that began an attempt."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CiJob:
    """What the CI server says about the job.

    `url` is the job's page, `commit` what its pipeline is about, `ref` the branch or tag of that. `pipeline`
    is the pipeline's number. `environment` is where the server records the job as a deployment of that
    commit, without being told; empty: nowhere. `merge_request` is the number of the one that the pipeline is
    about; 0: it is about none.
    """

    url: str
    commit: str
    ref: str = ""
    pipeline: int = 0
    environment: str = ""
    merge_request: int = 0

    def deploys(self, commit: str, environment: str) -> bool:
        """Whether the server records the job as the deployment of this commit into this environment."""
        return (self.commit, self.environment) == (commit, environment)
