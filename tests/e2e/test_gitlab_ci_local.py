"""Jobs of .gitlab-ci.yml, run for real: which are due, and what they do with one repository."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from checkout import Checkout
from ci_local import installed, named, needs_node
from local_pipeline import LocalPipeline

pytestmark = [pytest.mark.prove, pytest.mark.timeout(1800), needs_node]


@pytest.fixture(scope="module")
def code() -> Iterator[Checkout]:
    with closing(Checkout("gitlab-ci-local").fresh()) as checkout:
        named(checkout.path)
        yield checkout


@pytest.fixture(scope="module")
def local(code: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPipeline]:
    program = installed(tmp_path_factory.mktemp("gitlab-ci-local"))
    local = LocalPipeline(program, code.path, {"STAGEGATE_SITE": str(code.site)}, code.environment())
    yield local
    local.clear()


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
    local: LocalPipeline, source: str, others: dict[str, str]
) -> None:
    listed: list[dict[str, Any]] = json.loads(local("--list-json", source=source).out)
    due = {job["name"]: job["when"] for job in listed if job["when"] != "never"}
    assert due == {**others, **PROMOTING}


def test_the_check_job_passes(local: LocalPipeline) -> None:
    local.passes("check")


def test_the_child_of_dev_promotes_the_candidate_and_hands_on_its_evidence(
    local: LocalPipeline, code: Checkout
) -> None:
    local.promotes("dev", source="push")
    (attempt,) = code.history()
    assert (attempt["stage"], attempt["outcome"]) == ("dev", "verified")
    kept = local.state / "artifacts/conclude/evidence/dev/conclude"
    assert (kept / "release").read_text().strip() == attempt["release"]
    assert list(kept.rglob(f"{attempt['id']}/*/report.json"))
