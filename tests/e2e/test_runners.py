"""The jobs of .gitlab-ci.yml and of its child pipelines run as runners do: a clone each, one site for all.

They promote the clone that other tests share, since they are about clones and not about hosts.
"""

import os
import re
import shutil
import subprocess
import threading
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from checkout import GIT, REPOSITORY, Checkout, Done, run_program
from ci_files import jobs_of, needs, pipeline

pytestmark = pytest.mark.lab

STAGES = ("dev", "staging", "prod")


class Runners:
    """Run jobs of the `source`'s last commit; the site is the source's, outside every job's clone."""

    def __init__(self, source: Checkout, folder: Path) -> None:
        self.source = source
        self.begun = len(source.history())  # how many attempts there were before their own
        self.builds = folder / "builds"
        self.artifacts = folder / "artifacts"
        self.jobs = jobs_of(pipeline(source.path / ".gitlab-ci.yml"))
        self.children: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def bring(self, stage: str) -> None:
        """Make the child pipeline of a stage and run it: its stages in order, the jobs of one at once."""
        self._run(f"{stage}-jobs", self.jobs[f"{stage}-jobs"], self._variables("candidate"))
        made = self.jobs[stage]["trigger"]["include"][0]
        child = yaml.safe_load((self.artifacts / made["job"] / made["artifact"]).read_text())
        self.children[stage] = jobs_of(child)
        for part in child["stages"]:
            named = {f"{stage}/{name}": job for name, job in jobs_of(child).items() if job["stage"] == part}
            before = {**child["variables"], **self._variables(f"{stage}/deploy")}
            with ThreadPoolExecutor(max_workers=len(named)) as runners:
                for done in [runners.submit(self._run, *item, before) for item in named.items()]:
                    done.result()

    def pin(self) -> None:
        """Run the job that pins the candidate."""
        self._run("candidate", self.jobs["candidate"], {})

    def attempts(self) -> list[dict[str, Any]]:
        """What their jobs promoted, in order; not what tests promoted before and after."""
        return self.source.history()[self.begun : self.begun + len(STAGES)]

    def _run(self, name: str, job: dict[str, Any], variables: Mapping[str, str]) -> None:
        """Clone, fetch artifacts of what it needs, run its script, keep its artifacts, remove the clone."""
        place = self.builds / name.replace("/", "-")
        with self._lock:  # git clones the same repository for each
            subprocess.run((*GIT, "clone", "--quiet", self.source.path, place), check=True)
        for need in needs(job):
            if need["artifacts"]:
                shutil.copytree(self.artifacts / need["job"], place, dirs_exist_ok=True)
        script = [*job.get("before_script", []), *job["script"]]
        done = self._script(script, place, variables)
        assert done.code == 0, f"{name}: {done.out}\n{done.err}"
        reports = job["artifacts"].get("reports", {})
        for path in [*job["artifacts"].get("paths", []), *filter(None, [reports.get("dotenv")])]:
            kept = self.artifacts / name / path
            kept.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (place / path).is_dir() else shutil.copy
            copy(place / path, kept, **({"dirs_exist_ok": True} if copy is shutil.copytree else {}))
        shutil.rmtree(place)

    def _variables(self, job: str) -> dict[str, str]:
        """What a job has left for others; nothing if it has not run yet."""
        left = [path.read_text().splitlines() for path in (self.artifacts / job).rglob("*.env")]
        return dict(line.split("=", 1) for lines in left for line in lines)

    def _script(self, lines: list[str], place: Path, variables: Mapping[str, str]) -> Done:
        # The environment that these tests run in serves for all clones: one each would cost a minute.
        assert lines[0] == "make setup"
        script = "\n".join(re.sub(r"^\.venv/", f"{REPOSITORY}/.venv/", line) for line in lines[1:])
        shell = ("bash", "-e", "-o", "pipefail", "-c", script)
        site = {"STAGEGATE_SITE": os.fspath(self.source.site)}
        environment = {**self.source.environment(), **site, **variables}
        return run_program(*shell, cwd=place, env=environment, timeout=600)


@pytest.fixture(scope="module")
def runners(shared: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Runners:
    """Runners that have brought a commit of which no evidence is there yet through all stages."""
    shared.edit("config/roles.yaml", "request_timeout: 10s", "request_timeout: 11s")
    shared.commit("Give clients another second")
    runners = Runners(shared, tmp_path_factory.mktemp("runners"))
    runners.pin()
    for stage in STAGES:
        runners.bring(stage)
    return runners


def test_jobs_in_clones_of_their_own_bring_one_release_through_all_stages(runners: Runners) -> None:
    rows = [(row["stage"], row["alias"], row["outcome"]) for row in runners.attempts()]
    alias = runners.attempts()[0]["alias"]
    assert rows == [(stage, alias, "verified") for stage in STAGES]
    assert not list(runners.builds.iterdir())


def test_each_job_leaves_its_own_evidence_and_the_last_one_the_release(runners: Runners) -> None:
    for stage, attempt in zip(STAGES, runners.attempts(), strict=True):
        kept = runners.artifacts / stage / "conclude"
        assert (kept / f"evidence/{stage}/conclude/release").read_text().strip() == attempt["release"]
        shards = {name: job for name, job in runners.children[stage].items() if job["stage"] == "smoke"}
        assert len(shards) > 1
        for name, job in shards.items():
            (junit,) = (runners.artifacts / stage / name).glob(job["artifacts"]["reports"]["junit"])
            assert attempt["id"] in junit.parts
            assert list(ET.parse(junit).iter("testcase"))  # noqa: S314 - written by our own gate


def test_what_stands_needs_none_of_the_clones_that_are_gone(runners: Runners) -> None:
    assert runners.source.promote("gate", "smoke", "--stage", "dev").code == 0
