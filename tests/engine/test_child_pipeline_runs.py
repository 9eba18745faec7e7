"""The components and the child pipeline that they make, run by gitlab-ci-local on a small release."""

import json
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from ci_local import arguments, installed, named, needs_node, run_local
from machine import REPOSITORY, Machine
from repositories import commit

pytestmark = [pytest.mark.prove, needs_node]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("gitlab-ci-local"))


class Project:
    """A checkout whose pipeline is made of the components, and its site, which is outside of it."""

    def __init__(self, place: Path, program: Path) -> None:
        self.machine = Machine(place)
        self._program = program
        self._state = place / "state"
        self._site = place / "site"
        self.release("first")
        self._with_pipeline()
        named(self.machine.repository)

    def release(self, template: str) -> None:
        """Commit another release."""
        self.machine.release(template=template, greeting="hello", telling=True)

    def _with_pipeline(self) -> None:
        """Commit a pipeline that is made of the components."""
        setup = {"setup": "true", "site": str(self._site)}
        setup |= {"program": f"env PYTHONPATH={REPOSITORY} {sys.executable} -m pipeline.cli"}
        stage = {"stage": "dev", "shards": "--shards smoke=2"}
        included = [
            {"local": "templates/candidate.yml", "inputs": setup},
            {"local": "templates/stage.yml", "inputs": {**setup, **stage}},
        ]
        own = {"stages": ["candidate", "dev"], "include": included}
        parts = {f"templates/{path.name}": path.read_text() for path in (REPOSITORY / "templates").iterdir()}
        commit(self.machine.repository, {**parts, ".gitlab-ci.yml": yaml.safe_dump(own)})

    def run(self, *words: str, source: str = "push") -> tuple[int, str]:
        """Run jobs of the pipeline; how it ended, and what it printed."""
        made = arguments(self._state, {"CI_PIPELINE_SOURCE": source})
        done = run_local(self._program, *made, *words, cwd=self.machine.repository)
        return done.returncode, done.stdout + done.stderr

    def child(self) -> tuple[int, str]:
        """Pin the candidate, make the child pipeline of dev, and run it as a file of its own."""
        code, said = self.run("candidate", "dev-jobs")
        assert code == 0, said
        shutil.copy(self._state / "artifacts/dev-jobs/evidence/dev.yml", self._state / "dev.yml")
        return self.run("--file", f"../{self._state.name}/dev.yml", source="parent_pipeline")

    def history(self) -> list[tuple[str, str, str]]:
        rows = json.loads(self.machine.promote("history", "-o", "json", "--site", str(self._site)))[
            "attempts"
        ]
        return [(row["kind"], row["alias"], row["outcome"]) for row in rows]

    def kept(self) -> Path:
        """The artifacts of all jobs."""
        return self._state / "artifacts"


def test_a_child_verifies_the_next_one_is_red_and_brings_the_stage_back_and_a_schedule_rests(
    tmp_path: Path, program: Path
) -> None:
    project = Project(tmp_path / "project", program)
    code, said = project.child()
    assert code == 0, said
    assert project.history() == [("promote", "r1", "verified")]
    kept = [path for job in (1, 2) for path in project.kept().rglob(f"smoke-{job}/p1/*/report.json")]
    assert len(kept) == 2

    project.release("BAD")
    code, said = project.child()
    assert code != 0, said
    assert project.history()[1:] == [("promote", "r2", "failed"), ("rollback", "r1", "rolled_back")]

    code, said = project.run("dev-again", source="schedule")
    assert code == 0, said
    assert "dev: nothing waits" in said
