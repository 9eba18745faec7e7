"""The promotion jobs of .gitlab-ci.yml run as a runner does: a clone each, one site for all.

They promote the clone that other tests share, since they are about clones and not about hosts.
"""

import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import yaml
from checkout import GIT, REPOSITORY, Checkout, Done, run_program

pytestmark = pytest.mark.lab

JOBS = ("dev", "staging", "prod")


class Runner:
    """Runs jobs of the `source`'s last commit; the site is the source's, outside every job's clone."""

    def __init__(self, source: Checkout, folder: Path) -> None:
        self.source = source
        self.begun = len(source.history())  # how many attempts there were before its own
        self.builds = folder / "builds"
        self.artifacts = folder / "artifacts"
        self.pipeline: dict[str, Any] = yaml.safe_load((source.path / ".gitlab-ci.yml").read_text())

    def run(self, job: str) -> Done:
        """Clone, fetch artifacts of what it needs, run its script, keep its artifacts, remove the clone."""
        place = self.builds / job
        subprocess.run((*GIT, "clone", "--quiet", self.source.path, place), check=True)
        for need in self.pipeline[job]["needs"]:
            if isinstance(need, str):  # the long form is used to leave artifacts out
                shutil.copytree(self.artifacts / need, place, dirs_exist_ok=True)
        done = self._script(self.pipeline[job]["script"], place)
        for path in self.pipeline[job]["artifacts"]["paths"]:
            shutil.copytree(place / path, self.artifacts / job / path)
        shutil.rmtree(place)
        return done

    def attempts(self) -> list[dict[str, Any]]:
        """What its jobs promoted, in order; not what tests promoted before and after."""
        return self.source.history()[self.begun : self.begun + len(JOBS)]

    def _script(self, lines: list[str], place: Path) -> Done:
        # The environment that these tests run in serves for all clones: one each would cost a minute.
        assert lines[0] == "make setup"
        script = "\n".join(re.sub(r"^\.venv/", f"{REPOSITORY}/.venv/", line) for line in lines[1:])
        shell = ("bash", "-e", "-o", "pipefail", "-c", script)
        environment = {**self.source.environment(), "STAGEGATE_SITE": os.fspath(self.source.site)}
        return run_program(*shell, cwd=place, env=environment, timeout=600)


@pytest.fixture(scope="module")
def runner(shared: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """A runner that has run all three jobs on a commit of which no evidence is there yet."""
    shared.edit("config/roles.yaml", "request_timeout: 10s", "request_timeout: 11s")
    shared.commit("Give clients another second")
    runner = Runner(shared, tmp_path_factory.mktemp("runner"))
    for job in JOBS:
        done = runner.run(job)
        assert done.code == 0, f"{job}: {done.out}\n{done.err}"
    return runner


def test_three_jobs_in_three_clones_bring_one_release_through_all_stages(runner: Runner) -> None:
    rows = [(row["stage"], row["alias"], row["outcome"]) for row in runner.attempts()]
    alias = runner.attempts()[0]["alias"]
    assert rows == [(stage, alias, "verified") for stage in JOBS]
    assert not list(runner.builds.iterdir())


def test_each_job_leaves_its_own_evidence_and_the_release_among_its_artifacts(runner: Runner) -> None:
    for job, attempt in zip(JOBS, runner.attempts(), strict=True):
        kept = runner.artifacts / job
        assert (kept / f"evidence/{job}/release").read_text().strip() == attempt["release"]
        (junit,) = kept.glob(runner.pipeline[job]["artifacts"]["reports"]["junit"])
        assert junit == kept / f"evidence/{job}/{attempt['id']}/smoke-1/junit.xml"
        assert list(ET.parse(junit).iter("testcase"))  # noqa: S314 - written by our own gate


def test_what_stands_needs_none_of_the_clones_that_are_gone(runner: Runner) -> None:
    assert runner.source.promote("gate", "smoke", "--stage", "dev").code == 0
