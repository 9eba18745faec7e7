"""Jobs of .gitlab-ci.yml, run for real by gitlab-ci-local: the nearest there is to GitLab without one.

It is no proof of what GitLab alone does: it ignores resource groups and keeps no deployments.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from checkout import HOME, Checkout, Done, run_program

pytestmark = [
    pytest.mark.prove,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        not all(shutil.which(program) for program in ("node", "npm", "rsync")),
        reason="gitlab-ci-local needs node (20 or newer), npm and rsync",
    ),
]

PROGRAM = "gitlab-ci-local@4.73.0"  # the newest that runs on Node 20


class Local:
    """gitlab-ci-local in a clone; a job works in a copy of what is committed, below `state`."""

    def __init__(self, installed: Path, checkout: Checkout) -> None:
        self.program = installed / "node_modules/.bin/gitlab-ci-local"
        self.checkout = checkout
        self.state = HOME / "gitlab-ci-local-state"

    def __call__(self, *arguments: str) -> Done:
        # The state beside the clone: within, it would be a change that no release can hold.
        place = ("--state-dir", f"../{self.state.name}", "--shell-isolation", "--no-artifacts-to-source")
        site = ("--variable", f"STAGEGATE_SITE={self.checkout.site}")
        argv = (self.program, *place, *site, *arguments)
        return run_program(*argv, cwd=self.checkout.path, env=self.checkout.environment())


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    installed = tmp_path_factory.mktemp("gitlab-ci-local")
    quiet = ("--silent", "--no-audit", "--no-fund", "--no-package-lock")
    subprocess.run(("npm", "install", *quiet, "--prefix", installed, PROGRAM), check=True)
    with closing(Checkout("gitlab-ci-local").fresh()) as checkout:
        # It reads host, group and project from the address; nothing is ever asked of it.
        address = ("remote", "set-url", "origin", "git@gitlab.invalid:stagegate/stagegate.git")
        subprocess.run(("git", *address), cwd=checkout.path, check=True)
        local = Local(installed, checkout)
        shutil.rmtree(local.state, ignore_errors=True)
        yield local
        shutil.rmtree(local.state, ignore_errors=True)


def test_the_jobs_of_the_default_branch_are_those_that_check_and_those_that_promote(local: Local) -> None:
    listed: list[dict[str, Any]] = json.loads(local("--list-json").out)
    assert [(job["name"], job["when"]) for job in listed] == [
        ("check", "on_success"),
        ("test", "on_success"),
        ("dev", "on_success"),
        ("staging", "on_success"),
        ("prod", "manual"),
    ]
    assert not any(job["allow_failure"] for job in listed)


def test_the_check_job_passes(local: Local) -> None:
    done = local("check")
    assert done.code == 0, done.out + done.err


def test_the_dev_job_promotes_and_hands_on_its_evidence_and_the_release(local: Local) -> None:
    done = local("dev")
    assert done.code == 0, done.out + done.err
    (attempt,) = local.checkout.history()
    assert (attempt["stage"], attempt["outcome"]) == ("dev", "verified")
    kept = local.state / "artifacts/dev/evidence/dev"
    assert (kept / "release").read_text().strip() == attempt["release"]
    assert (kept / attempt["id"] / "smoke-1" / "report.json").is_file()
