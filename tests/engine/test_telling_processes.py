"""`promote` as a process in a job, and a GitLab that it tells over the network."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from machine import Machine

from pipeline.testing.gitlab import FakeGitlab, Fault


@pytest.fixture
def gitlab() -> Iterator[FakeGitlab]:
    with FakeGitlab() as server:
        yield server


def commit(machine: Machine) -> str:
    argv = ("git", "rev-parse", "HEAD")
    done = subprocess.run(argv, cwd=machine.repository, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def of_job(machine: Machine, gitlab: FakeGitlab, environment: str = "") -> dict[str, str]:
    """The variables of a job in this project."""
    found = {
        "CI_SERVER_URL": gitlab.url,
        "CI_PROJECT_PATH": "group/project",
        "CI_JOB_URL": "https://gitlab.example/group/project/-/jobs/7",
        "CI_COMMIT_SHA": commit(machine),
        "CI_COMMIT_REF_NAME": "main",
        "CI_PIPELINE_ID": "5",
        "STAGEGATE_GITLAB_TOKEN": gitlab.token,
        "no_proxy": "127.0.0.1",
    }
    return {**found, "CI_ENVIRONMENT_NAME": environment} if environment else found


def killed_while_it_tells(machine: Machine, gitlab: FakeGitlab) -> None:
    """A promotion into dev has ended and printed its result, and is killed before GitLab has answered it."""
    gitlab.faults = [Fault.LOST] * 9
    process = machine.start("--stage", "dev", **of_job(machine, gitlab))
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("ledger"):
            break
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    gitlab.faults = []


def test_a_job_tells_all_but_the_deployment_that_gitlab_makes_of_it(
    machine: Machine, gitlab: FakeGitlab
) -> None:
    gitlab.project.merged(12, commit(machine))
    gitlab.project.deployed(commit(machine), "dev", job=7)

    machine.promote("--stage", "dev", **of_job(machine, gitlab, "dev"))
    machine.promote("--stage", "staging", **of_job(machine, gitlab, "dev"))

    statuses = [(row["name"], row["status"]) for row in gitlab.project.statuses]
    assert statuses == [("stagegate/dev", "success"), ("stagegate/staging", "success")]
    deployments = gitlab.project.deployments
    made = [(row["environment"]["name"], row["ref"], row["status"]) for row in deployments[1:]]
    assert made == [("staging", "main", "success")]
    assert len(gitlab.project.notes[12]) == 2
    assert [row["commit"]["id"] for row in gitlab.project.releases] == [commit(machine)]
    assert "not told yet" not in machine.promote("status")


def test_one_that_is_killed_while_it_tells_is_followed_by_a_process_that_tells_the_rest_once(
    machine: Machine, gitlab: FakeGitlab
) -> None:
    killed_while_it_tells(machine, gitlab)

    assert machine.history() == [("promote", "r1", "verified")]
    assert "since p1; promote deliver" in machine.promote("status")
    assert "told: " in machine.promote("deliver", **of_job(machine, gitlab))
    assert [row["status"] for row in gitlab.project.statuses] == ["success"]
    assert [row["status"] for row in gitlab.project.deployments] == ["success"]


def test_several_processes_that_tell_at_once_tell_everything_once(
    machine: Machine, gitlab: FakeGitlab
) -> None:
    killed_while_it_tells(machine, gitlab)

    tellers = [machine.start("deliver", **of_job(machine, gitlab)) for _ in range(3)]
    for teller in tellers:
        teller.communicate()

    assert {teller.returncode for teller in tellers} <= {0, 5}  # told, nothing to tell, or another one tells
    assert 0 in {teller.returncode for teller in tellers}
    assert [row["status"] for row in gitlab.project.statuses] == ["success"]
    assert [row["status"] for row in gitlab.project.deployments] == ["success"]


def test_no_question_needs_the_library_and_no_command_without_a_token_does(machine: Machine) -> None:
    program = (
        "import sys; from pipeline.cli.app import run; code = run(sys.argv[1:]);"
        "sys.exit(code or ('gitlab' in sys.modules))"
    )
    for argv in (("--stage", "dev"), ("status",)):
        done = subprocess.run(
            (sys.executable, "-c", program, *argv),
            cwd=machine.repository,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
