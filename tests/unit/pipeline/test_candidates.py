"""A candidate is the checkout's code with the newest config that fits; only pinned code counts as tested."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from desk import Desk

from pipeline.core.errors import ConfigProblem
from pipeline.core.release import release_id
from pipeline.core.stages import StageGraph
from pipeline.ports import CheckResult
from pipeline.testing.deployer import Recipe

URL = "https://git.example/cloud/config.git"
TESTED, NEW = "a" * 64, "b" * 64
C1, C2, C3 = "1" * 64, "2" * 64, "3" * 64
REFUSED = CheckResult((ConfigProblem("roles.yaml", 3, 1, "unknown key 'new'", None),), StageGraph(()))


@pytest.fixture
def two(desk: Desk) -> Iterator[Desk]:
    """The checkout has NEW code after TESTED, which is pinned with the config C1; C3 is the newest config."""
    bench = desk.bench
    bench.revisions.pin = replace(bench.revisions.pin, code=TESTED, commit="tested", config=C1)
    for code in (TESTED, NEW):
        bench.world.recipes.update(
            {release_id(code, config): Recipe({"a": config}) for config in (C1, C2, C3)}
        )
    assert desk("--stage", "dev") == 0
    bench.revisions.pin = replace(bench.revisions.pin, code=NEW, commit="new")
    bench.candidates.digests = [C3, C2, C1]
    return desk


def standing(desk: Desk) -> str | None:
    return desk.bench.shop().history().stage("dev").standing


def promoted(desk: Desk, changed: str) -> int:
    return desk("--stage", "dev", "--config", URL, "--candidate", changed)


def after_its_tests(desk: Desk, *configs: str) -> int:
    """The code of the checkout comes out of its own pipeline while these configs are the newest."""
    desk.bench.candidates.digests = list(configs)
    code = promoted(desk, "code")
    desk.bench.candidates.digests = [C3, C2, C1]
    return code


def test_a_push_of_either_promotes_the_code_of_the_checkout_with_the_newest_config(two: Desk) -> None:
    assert after_its_tests(two, C2, C1) == 0, two.err
    assert standing(two) == release_id(NEW, C2)
    assert promoted(two, "config") == 0, two.err
    assert standing(two) == release_id(NEW, C3)


def test_a_changed_config_waits_for_code_that_was_never_pinned(two: Desk) -> None:
    assert promoted(two, "config") == 4
    assert "was never pinned in this site" in two.err
    assert "it takes the newest config with it" in two.err
    assert "until" not in two.err
    assert standing(two) == release_id(TESTED, C1)
    assert two("--stage", "dev", "--config", URL, "--candidate", "config", "-o", "json") == 4
    assert "until" not in json.loads(two.out)["error"]


def test_rejected_code_gets_no_config_and_older_code_is_not_taken_instead(two: Desk) -> None:
    assert after_its_tests(two, C2) == 0, two.err
    two("reject", "r2", "--reason", "it loses rows")
    assert promoted(two, "config") == 9
    assert "it loses rows" in two.err
    assert "next: promote reject r2 --withdraw --reason TEXT" in two.err
    assert standing(two) == release_id(NEW, C2)


def test_code_that_failed_its_gates_may_go_with_a_config_that_mends_it(two: Desk) -> None:
    two.bench.answers[f"smoke of {release_id(NEW, C2)}"] = "failed"
    assert after_its_tests(two, C2) == 3
    assert promoted(two, "config") == 0, two.err
    assert standing(two) == release_id(NEW, C3)


@pytest.mark.parametrize("changed", ["code", "config"])
def test_a_config_that_the_code_refuses_is_passed_over_and_told(two: Desk, changed: str) -> None:
    after_its_tests(two, C1)
    two.bench.world.refusing[release_id(NEW, C3)] = REFUSED
    assert promoted(two, changed) == 0, two.err
    assert standing(two) == release_id(NEW, C2)
    told = " ".join(two.bench.quiet.messages)
    assert "1 newer refused, the newest for roles.yaml:3:1: unknown key 'new'" in told


def test_the_problems_of_the_newest_config_are_told_if_the_code_accepts_none(two: Desk) -> None:
    for config in (C1, C2, C3):
        two.bench.world.refusing[release_id(NEW, config)] = REFUSED
    assert promoted(two, "code") == 2
    assert "roles.yaml:3:1: unknown key 'new'" in two.err
    assert standing(two) == release_id(TESTED, C1)


def test_the_environment_asks_for_a_candidate_where_no_release_is_named(
    two: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGEGATE_CANDIDATE", "config")
    after_its_tests(two, C2)
    assert two("--stage", "dev", "--config", URL) == 0, two.err
    assert standing(two) == release_id(NEW, C3)
    assert two("--stage", "dev", "--release", "r1") == 0, two.err
    assert standing(two) == release_id(TESTED, C1)


def test_what_asks_for_two_releases_or_for_a_later_stage_is_refused(
    two: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert two("--stage", "dev", "--candidate", "code", "--release", "r1") == 2
    assert two("--stage", "staging", "--candidate", "code") == 2
    assert "a candidate enters the first stage" in two.err
    monkeypatch.setenv("STAGEGATE_CANDIDATE", "newest")
    assert two("--stage", "dev") == 2
    assert "may be code or config" in two.err


@pytest.mark.parametrize("changed", ["code", "config"])
def test_a_candidate_is_pinned_for_later_jobs_and_its_revisions_are_told(
    two: Desk, tmp_path: Path, changed: str
) -> None:
    after_its_tests(two, C1)
    two.bench.world.refusing[release_id(NEW, C3)] = REFUSED
    left = tmp_path / "candidate.env"
    assert two("pin", "--config", URL, "--candidate", changed, "--dotenv", str(left)) == 0, two.err

    assert left.read_text() == f"STAGEGATE_RELEASE={release_id(NEW, C2)}\n"
    assert two.out.endswith("r3\n")
    told = " ".join(two.bench.quiet.messages)
    assert "1 newer refused, the newest for roles.yaml:3:1: unknown key 'new'" in told
    assert standing(two) == release_id(NEW, C1), "it is deployed by later jobs"


def test_the_environment_asks_for_a_candidate_when_a_release_is_pinned(
    two: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_its_tests(two, C1)
    monkeypatch.setenv("STAGEGATE_CANDIDATE", "config")
    assert two("pin", "--config", URL, "-o", "json") == 0, two.err
    document = json.loads(two.out)
    assert document["release"] == release_id(NEW, C3)
    assert document["why"].startswith("the newest that fit: ")

    monkeypatch.setenv("STAGEGATE_CANDIDATE", "newest")
    assert two("pin") == 2
    assert "may be code or config" in two.err
