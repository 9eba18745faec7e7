"""Jobs of .gitlab-ci.yml, run for real by gitlab-ci-local: the nearest there is to GitLab without one.

It is no proof of what GitLab alone does: it ignores resource groups and keeps no deployments.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from checkout import HOME, Checkout, Done, run_program
from ci_local import arguments, installed, named, needs_node

pytestmark = [pytest.mark.prove, pytest.mark.timeout(1800), needs_node]


class Local:
    """gitlab-ci-local in a clone; a job works in a copy of what is committed, below `state`."""

    def __init__(self, program: Path, checkout: Checkout) -> None:
        self.program = program
        self.checkout = checkout
        self.state = HOME / "gitlab-ci-local-state"

    def __call__(self, *words: str, source: str = "push") -> Done:
        variables = {"STAGEGATE_SITE": str(self.checkout.site), "CI_PIPELINE_SOURCE": source}
        argv = (self.program, *arguments(self.state, variables), *words)
        return run_program(*argv, cwd=self.checkout.path, env=self.checkout.environment())


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    program = installed(tmp_path_factory.mktemp("gitlab-ci-local"))
    with closing(Checkout("gitlab-ci-local").fresh()) as checkout:
        named(checkout.path)
        local = Local(program, checkout)
        shutil.rmtree(local.state, ignore_errors=True)
        yield local
        shutil.rmtree(local.state, ignore_errors=True)


PROMOTING = {
    "candidate": "on_success",
    "dev-jobs": "on_success",
    "dev": "on_success",
    "staging-jobs": "on_success",
    "staging": "on_success",
    "prod-jobs": "on_success",
    "prod": "manual",
}


@pytest.mark.parametrize(
    ("source", "others"), [("push", {"check": "on_success", "test": "on_success"}), ("pipeline", {})]
)
def test_the_jobs_of_the_default_branch_are_those_that_promote_and_for_changed_code_those_that_check(
    local: Local, source: str, others: dict[str, str]
) -> None:
    listed: list[dict[str, Any]] = json.loads(local("--list-json", source=source).out)
    due = {job["name"]: job["when"] for job in listed if job["when"] != "never"}
    assert due == {**others, **PROMOTING}


def test_the_check_job_passes(local: Local) -> None:
    done = local("check")
    assert done.code == 0, done.out + done.err


def test_the_child_of_dev_promotes_the_candidate_and_hands_on_its_evidence(local: Local) -> None:
    done = local("candidate", "dev-jobs")
    assert done.code == 0, done.out + done.err
    # A child that fails would leave its trigger job green here, so it is run as a file of its own.
    shutil.copy(local.state / "artifacts/dev-jobs/evidence/dev.yml", local.state / "dev.yml")
    done = local("--file", f"../{local.state.name}/dev.yml", source="parent_pipeline")
    assert done.code == 0, done.out + done.err
    (attempt,) = local.checkout.history()
    assert (attempt["stage"], attempt["outcome"]) == ("dev", "verified")
    kept = local.state / "artifacts/conclude/evidence/dev/conclude"
    assert (kept / "release").read_text().strip() == attempt["release"]
    assert list(kept.rglob(f"{attempt['id']}/*/report.json"))
