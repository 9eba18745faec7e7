"""A candidate is the newest code and config that fit each other; only what was pinned counts as tested."""

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
from pipeline.tool_ports import CodeRevision

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
    bench.revisions.codes = {"tested": TESTED, "new": NEW}
    bench.candidates.merged = [CodeRevision("new", NEW), CodeRevision("tested", TESTED)]
    bench.candidates.digests = [C3, C2, C1]
    return desk


def standing(desk: Desk) -> str | None:
    return desk.bench.shop().history().stage("dev").standing


def promoted(desk: Desk, changed: str) -> int:
    return desk("--stage", "dev", "--config", URL, "--candidate", changed)


@pytest.mark.parametrize(("changed", "code"), [("code", NEW), ("config", TESTED)])
def test_a_changed_config_goes_with_the_newest_code_that_was_pinned(
    two: Desk, changed: str, code: str
) -> None:
    assert promoted(two, changed) == 0, two.err
    assert standing(two) == release_id(code, C3)


@pytest.mark.parametrize(("changed", "code"), [("code", NEW), ("config", TESTED)])
def test_a_config_that_the_code_refuses_is_passed_over_and_told(two: Desk, changed: str, code: str) -> None:
    two.bench.world.refusing[release_id(code, C3)] = REFUSED
    assert promoted(two, changed) == 0, two.err
    assert standing(two) == release_id(code, C2)
    told = " ".join(two.bench.quiet.messages)
    assert "1 newer refused, the newest for roles.yaml:3:1: unknown key 'new'" in told


def test_the_problems_of_the_newest_config_are_told_if_the_code_accepts_none(two: Desk) -> None:
    for config in (C1, C2, C3):
        two.bench.world.refusing[release_id(NEW, config)] = REFUSED
    assert promoted(two, "code") == 2
    assert "roles.yaml:3:1: unknown key 'new'" in two.err
    assert standing(two) == release_id(TESTED, C1)


def test_code_whose_only_release_was_rejected_gets_no_config(two: Desk) -> None:
    two("reject", "r1", "--reason", "it loses rows")
    assert promoted(two, "config") == 9
    assert "no code was pinned in this site" in two.err


def test_the_environment_asks_for_a_candidate_where_no_release_is_named(
    two: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGEGATE_CANDIDATE", "config")
    assert two("--stage", "dev", "--config", URL) == 0, two.err
    assert standing(two) == release_id(TESTED, C3)
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


@pytest.mark.parametrize(("changed", "code"), [("code", NEW), ("config", TESTED)])
def test_a_candidate_is_pinned_for_later_jobs_and_its_revisions_are_told(
    two: Desk, tmp_path: Path, changed: str, code: str
) -> None:
    two.bench.world.refusing[release_id(code, C3)] = REFUSED
    left = tmp_path / "candidate.env"
    assert two("pin", "--config", URL, "--candidate", changed, "--dotenv", str(left)) == 0, two.err

    assert left.read_text() == f"STAGEGATE_RELEASE={release_id(code, C2)}\n"
    assert two.out == "r2\n"
    told = " ".join(two.bench.quiet.messages)
    assert "1 newer refused, the newest for roles.yaml:3:1: unknown key 'new'" in told
    assert standing(two) == release_id(TESTED, C1)


def test_the_environment_asks_for_a_candidate_when_a_release_is_pinned(
    two: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGEGATE_CANDIDATE", "config")
    assert two("pin", "--config", URL, "-o", "json") == 0, two.err
    document = json.loads(two.out)
    assert document["release"] == release_id(TESTED, C3)
    assert document["why"].startswith("the newest that fit: ")

    monkeypatch.setenv("STAGEGATE_CANDIDATE", "newest")
    assert two("pin") == 2
    assert "may be code or config" in two.err
