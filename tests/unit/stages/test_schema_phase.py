"""The program that brings a project's schemas through a phase; small commands stand in for the project's."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[3] / "stages/openstack/schema_phase.py"

UNMEASURED = "the phase had nothing to do or was too short, or nothing could write"


@dataclass(frozen=True)
class Project:
    """A project whose schema's revision is the text of a file."""

    folder: Path

    @property
    def revision(self) -> Path:
        return self.folder / "revision"

    def sh(self, script: str) -> list[str]:
        return ["sh", "-c", f"cd {self.folder}; {script}"]

    def phase(self, *works: dict[str, Any], accepted: tuple[str, ...] = ("new", "newest")) -> dict[str, Any]:
        head = {
            "schema": "glance",
            "ask": self.sh("cat revision"),
            "accepted": [one.split() for one in accepted],
        }
        return {
            "what": "glance, expand, from 2025.1 to 2026.1",
            "else": "compare with the review",
            "then": "mend that, then: promote retire --stage prod",
            "heads": [head],
            "works": list(works),
            "noted": None,
            "note": None,
            "watch": self.sh('cat; echo \'{"longest_s": 0.42, "writes": 9, "failed": 0, "unended": false}\''),
            "stalls": str(self.stalls),
        }

    @property
    def stalls(self) -> Path:
        return self.folder / "run" / "stalls.json"

    def tells(self, budget_s: float = 15.0) -> dict[str, Any]:
        done = ran("told", {"stalls": str(self.stalls), "budget_s": budget_s})
        assert done.returncode == 0
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def work(self, script: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        none = {"again": None, "failures": {}, "before": None, "after": None}
        return {"command": self.sh(script), **none, **more}

    def question(self, script: str) -> dict[str, Any]:
        return {
            "command": self.sh(script),
            "good": {"0": "all is done"},
            "bad": {"3": "expand is left to do"},
        }

    def has(self, revision: str) -> bool:
        return self.revision.read_text().split() == revision.split()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.revision.write_text("old\n")
    return made


def ran(verb: str, *specs: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, str(PROGRAM), verb, *map(json.dumps, specs)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)


def passes(verb: str, *specs: dict[str, Any]) -> bool:
    return ran(verb, *specs).returncode == 0


def last_line(verb: str, spec: dict[str, Any]) -> str:
    done = ran(verb, spec)
    assert done.returncode == 1
    return done.stderr.splitlines()[-1]


def test_a_phase_is_done_once_the_schema_has_a_reviewed_revision(project: Project) -> None:
    spec = project.phase(project.work("echo new >revision"))
    assert not passes("done", spec)
    assert passes("run", spec)
    assert passes("done", spec)


def test_the_revision_of_a_later_phase_counts_too_and_all_phases_must_be_done(project: Project) -> None:
    spec = project.phase(project.work("false"))
    project.revision.write_text("newest\n")
    assert passes("done", spec)
    assert not passes("done", spec, project.phase(accepted=("other",)))


def test_revisions_are_compared_whatever_their_order(project: Project) -> None:
    project.revision.write_text("b\na\n")
    assert passes("done", project.phase(accepted=("a b",)))


def test_a_database_that_does_not_answer_is_not_done(project: Project) -> None:
    project.revision.unlink()
    assert not passes("done", project.phase())


def test_a_question_that_says_no_keeps_a_phase_from_being_done(project: Project) -> None:
    project.revision.write_text("new\n")
    spec = project.phase(project.work("true", after=project.question("test -e migrated || exit 3")))
    assert not passes("done", spec)
    (project.folder / "migrated").touch()
    assert passes("done", spec)


def test_a_revision_that_nobody_reviewed_ends_the_step_and_says_which(project: Project) -> None:
    told = last_line("run", project.phase(project.work("echo strange >revision")))
    assert told == (
        "error: glance, expand, from 2025.1 to 2026.1: schema glance has the revisions strange, "
        "and should have new or newest (next: compare with the review)"
    )


def test_a_failure_says_what_its_status_means_after_what_the_command_printed(project: Project) -> None:
    spec = project.phase(project.work("echo because; exit 2", failures={"2": "some migrations failed"}))
    done = ran("run", spec)
    assert done.stderr.splitlines()[0] == "because"
    assert (
        "ended with 2: some migrations failed (next: mend that, then: promote retire --stage prod)"
        in done.stderr
    )
    assert "ended with 9: the command itself failed" in last_line(
        "run", project.phase(project.work("exit 9"))
    )


def test_an_answer_that_is_bad_says_what_it_means(project: Project) -> None:
    spec = project.phase(project.work("echo new >revision", after=project.question("exit 3")))
    assert "ended with 3: expand is left to do" in last_line("run", spec)


def test_what_may_not_run_yet_does_not_run(project: Project) -> None:
    spec = project.phase(project.work("echo new >revision", before=project.question("exit 3")))
    assert "expand is left to do" in last_line("run", spec)
    assert project.has("old")


def test_batches_are_run_until_there_is_none_left(project: Project) -> None:
    batch = "echo x >>batches; test $(wc -l <batches) = 3 && echo new >revision || exit 1"
    assert passes("run", project.phase(project.work(batch, again=1)))
    assert len((project.folder / "batches").read_text().split()) == 3


def test_an_exception_is_no_batch_although_its_status_is_the_same(project: Project) -> None:
    raised = "echo 'Traceback (most recent call last)' >&2; exit 1"
    assert "ended with 1: the command itself failed" in last_line(
        "run", project.phase(project.work(raised, again=1))
    )


def test_what_no_revision_tells_is_recorded_when_all_is_done(project: Project) -> None:
    note = {"note": project.sh("touch noted"), "noted": project.sh("test -e noted")}
    project.revision.write_text("new\n")
    assert not passes("done", project.phase() | note)
    assert not passes("run", project.phase(project.work("exit 2")) | note)
    assert not passes("done", project.phase() | note)
    assert passes("run", project.phase(project.work("true")) | note)
    assert passes("done", project.phase() | note)


def test_a_project_is_ready_if_its_revision_is_known_and_its_check_finds_nothing(project: Project) -> None:
    asked = {"question": project.question("true")}
    assert passes("ready", project.phase(accepted=("old",)) | asked)
    assert passes("ready", project.phase(accepted=("old",)) | {"question": None})
    assert "should have new" in last_line("ready", project.phase() | asked)
    asked = {"question": project.question("echo policy is JSON; exit 3")}
    done = ran("ready", project.phase(accepted=("old",)) | asked)
    assert done.returncode == 1
    assert done.stderr.startswith("policy is JSON\n")


def test_the_longest_stall_of_writes_while_a_phase_ran_is_told_and_whether_it_is_over_the_budget(
    project: Project,
) -> None:
    assert passes("run", project.phase(project.work("echo new >revision")))
    assert project.tells() == {
        "told": ["longest write stall 0.42 s (budget 15 s), of 9 writes"],
        "measured": {"longest write stall s": 0.42},
    }
    (over,) = project.tells(budget_s=0.4)["told"]
    assert over == "OVER BUDGET: longest write stall 0.42 s (budget 0.4 s), of 9 writes"


def test_a_write_that_was_lost_or_never_answered_is_told(project: Project) -> None:
    found = {"longest_s": 61.5, "writes": 3, "failed": 2, "unended": True}
    project.stalls.parent.mkdir()
    project.stalls.write_text(json.dumps(found))
    (told,) = project.tells()["told"]
    assert told.endswith("longest write stall at least 61.5 s (budget 15 s), of 3 writes, 2 begun again")


def test_a_phase_that_fails_has_measured_too_and_what_measures_has_ended(project: Project) -> None:
    assert not passes("run", project.phase(project.work("exit 9")))
    assert project.tells()["measured"] == {"longest write stall s": 0.42}


def test_a_phase_that_did_not_run_has_measured_nothing(project: Project) -> None:
    assert project.tells() == {"told": [f"write stalls were not measured: {UNMEASURED}"]}
