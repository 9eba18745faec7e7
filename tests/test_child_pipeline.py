"""The child pipeline of a stage: what `promote ci child` makes is valid for GitLab, and does what it says."""

import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ci_files import jobs_of, require_valid
from promote_calls import must_parse

from pipeline.adapters.surroundings import ID_TOKEN
from pipeline.cli.child_pipeline import Child, child_pipeline, nothing_yet
from pipeline.cli.dotenv import ATTEMPT, RELEASE
from pipeline.cli.exit_codes import ExitCode
from pipeline.core.shard import Shard

ID = "a" * 64
CHILD = Child(
    "staging",
    ID,
    ("smoke", "neighbours", "failover"),
    {"smoke": 3, "neighbours": 2},
    before=("make setup",),
    tag="stagegate-lab",
    program=".venv/bin/promote",
    audience="stagegate",
    site="/var/lib/stagegate",
)
PLAIN = Child("dev", ID, ("smoke",), {})
BOTH = pytest.mark.parametrize("child", [CHILD, PLAIN], ids=["divided", "plain"])


def written(child: Child) -> dict[str, Any]:
    """The pipeline as GitLab reads it."""
    found: dict[str, Any] = yaml.safe_load(yaml.safe_dump(dict(child_pipeline(child)), sort_keys=False))
    return found


def calls(child: Child) -> dict[str, list[str]]:
    """The words of the one call that each job makes, in order."""
    found = {}
    for name, job in jobs_of(written(child)).items():
        (line,) = job["script"]
        assert line.startswith(child.program + " ")
        found[name] = shlex.split(line.removeprefix(child.program))
    return found


@BOTH
def test_gitlabs_schema_accepts_it(child: Child, tmp_path: Path) -> None:
    path = tmp_path / "child.yml"
    path.write_text(yaml.safe_dump(dict(child_pipeline(child))))
    require_valid(path)


@BOTH
def test_each_job_is_one_call_of_promote_that_parses(child: Child) -> None:
    for name, words in calls(child).items():
        must_parse(words, name)


def test_it_deploys_then_judges_in_parts_gate_by_gate_then_concludes() -> None:
    found = written(CHILD)
    jobs = jobs_of(found)

    assert found["stages"] == ["deploy", "smoke", "neighbours", "conclude"]
    assert [(name, job["stage"]) for name, job in jobs.items()] == [
        ("deploy", "deploy"),
        *((f"smoke {number}/3", "smoke") for number in (1, 2, 3)),
        *((f"neighbours {number}/2", "neighbours") for number in (1, 2)),
        ("conclude", "conclude"),
    ]
    assert not any("needs" in job for job in jobs.values())  # each waits for the stage before, whole


def test_the_shards_of_a_gate_are_all_there_once() -> None:
    made = [words for words in calls(CHILD).values() if words[:3] == ["ci", "shard", "smoke"]]
    assert [Shard.parse(words[3]) for words in made] == [Shard(number, 3) for number in (1, 2, 3)]


def test_without_shards_there_is_nothing_between_the_deployment_and_its_end() -> None:
    assert list(calls(PLAIN)) == ["deploy", "conclude"]


def test_what_follows_is_about_the_attempt_of_the_first_job_and_nothing_else() -> None:
    deploy, *others = calls(CHILD).values()
    assert deploy[deploy.index("--release") + 1] == f"${RELEASE}"
    assert written(CHILD)["variables"] == {RELEASE: ID, "STAGEGATE_SITE": "/var/lib/stagegate"}
    assert all(words[words.index("--attempt") + 1] == f"${ATTEMPT}" for words in others)
    left = deploy[deploy.index("--dotenv") + 1]
    assert written(CHILD)["deploy"]["artifacts"]["reports"]["dotenv"] == left


def test_the_end_comes_after_a_red_shard_too_and_no_shard_after_a_red_deployment() -> None:
    jobs = jobs_of(written(CHILD))
    assert {name for name, job in jobs.items() if job.get("when") == "always"} == {"conclude"}


@BOTH
def test_no_job_of_it_waits_for_its_own_parent_is_interrupted_or_retried_for_another_code(
    child: Child,
) -> None:
    for job in jobs_of(written(child)).values():
        assert "resource_group" not in job
        assert job["interruptible"] is False
        assert job["retry"] == {"max": 2, "exit_codes": [int(ExitCode.TRY_AGAIN)]}


@BOTH
def test_no_single_job_is_the_deployment(child: Child) -> None:
    for job in jobs_of(written(child)).values():
        assert job["environment"]["name"] == child.stage
        assert job["environment"]["action"] in {"prepare", "verify"}


def test_each_job_is_set_up_and_can_prove_who_started_it() -> None:
    for job in jobs_of(written(CHILD)).values():
        assert job["before_script"] == ["make setup"]
        assert job["tags"] == ["stagegate-lab"]
        assert job["id_tokens"] == {ID_TOKEN: {"aud": "stagegate"}}


@BOTH
def test_each_job_keeps_its_own_evidence_whatever_its_end(child: Child, tmp_path: Path) -> None:
    folders = []
    for name, job in jobs_of(written(child)).items():
        words = calls(child)[name]
        into = words[words.index("--evidence-into") + 1]
        folders.append(into)
        assert job["artifacts"]["paths"] == [f"{into}/"]
        assert (job["artifacts"]["when"], job["artifacts"]["access"]) == ("always", "developer")
        report = tmp_path / into / "p1" / "build" / "smoke-1" / "junit.xml"
        report.parent.mkdir(parents=True)
        report.touch()
        assert report in tmp_path.glob(job["artifacts"]["reports"]["junit"])
    assert len(set(folders)) == len(folders)


@pytest.mark.parametrize(
    ("shards", "why"),
    [
        ({"nonsense": 2}, "has no gate nonsense"),
        ({"failover": 2}, "failover comes after neighbours"),
        ({"smoke": 1, "failover": 2}, "failover comes after neighbours"),
        ({"smoke": 0}, "1 to 50"),
        ({"smoke": 51}, "1 to 50"),
    ],
)
def test_what_can_not_be_divided_so_is_told(shards: dict[str, int], why: str) -> None:
    assert re.search(why, "; ".join(replace(CHILD, shards=shards).problems()))


@BOTH
def test_what_is_sound_has_no_problems(child: Child) -> None:
    assert not child.problems()


def test_without_a_release_a_stage_says_that_there_is_none_yet_and_is_yellow(tmp_path: Path) -> None:
    made = tmp_path / "child.yml"
    made.write_text(yaml.safe_dump(dict(nothing_yet("stagegate-lab"))))
    require_valid(made)
    found = yaml.safe_load(made.read_text())
    job = found["nothing-yet"]
    assert job["script"][-1] == "exit 4"
    assert job["allow_failure"] == {"exit_codes": [int(ExitCode.DEFERRED)]}
    assert job["stage"] in found["stages"]
    assert "environment" not in job, "nothing is deployed"


def test_the_last_job_is_the_deployment_where_the_line_has_the_job_record_it() -> None:
    by_job, by_api = written(replace(PLAIN, deploys=True)), written(PLAIN)
    assert by_job["conclude"]["environment"] == {"name": "dev"}
    assert by_api["conclude"]["environment"] == {"name": "dev", "action": "verify"}
    assert by_job["deploy"] == by_api["deploy"], "one deployment, not two"
