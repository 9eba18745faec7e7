"""Jobs of a .gitlab-ci.yml, run for real by gitlab-ci-local: the nearest there is to GitLab without one.

It is no proof of what GitLab alone does: it ignores resource groups and keeps no deployments.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from checkout import HOME, Done, run_program
from ci_local import arguments


class LocalPipeline:
    """gitlab-ci-local in a repository; a job works in a copy of what is committed, below `state`."""

    def __init__(
        self, program: Path, repository: Path, variables: Mapping[str, str], environment: Mapping[str, str]
    ) -> None:
        self.program = program
        self.repository = repository
        self.variables = variables
        self.environment = environment
        self.state = HOME / f"{repository.name}-jobs"
        self.clear()

    def __call__(self, *words: str, source: str = "push") -> Done:
        """`gitlab-ci-local WORDS`, in a pipeline that came about in this way."""
        variables = {**self.variables, "CI_PIPELINE_SOURCE": source}
        argv = (self.program, *arguments(self.state, variables), *words)
        return run_program(*argv, cwd=self.repository, env=self.environment)

    def passes(self, *words: str, source: str = "push") -> None:
        """The same; what it printed is the error if a job fails."""
        done = self(*words, source=source)
        assert done.code == 0, done.out + done.err

    def promotes(self, stage: str, source: str) -> None:
        """Pin the candidate, and run the child pipeline of a stage.

        A child that fails would leave its trigger job green here, so it is run as a file of its own.
        """
        self.passes("candidate", f"{stage}-jobs", source=source)
        child = self.state / f"{stage}.yml"
        shutil.copy(self.state / f"artifacts/{stage}-jobs/evidence/{stage}.yml", child)
        self.passes("--file", f"../{self.state.name}/{stage}.yml", source="parent_pipeline")

    def clear(self) -> None:
        """Delete what the jobs left."""
        shutil.rmtree(self.state, ignore_errors=True)
