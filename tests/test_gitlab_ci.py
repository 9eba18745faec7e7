"""What .gitlab-ci.yml names exists, its promotions follow the config, and GitLab's schema accepts it."""

import fnmatch
import re
import shlex
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from promote_calls import must_parse
from yaml_maps import merged

from pipeline.adapters.surroundings import ID_TOKEN
from pipeline.cli.evidence import RELEASE
from pipeline.cli.exit_codes import ExitCode
from pipeline.engine.choose import Changed
from stages.config import read

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / ".gitlab-ci.yml"
PIPELINE: dict[str, Any] = yaml.safe_load(FILE.read_text())
GLOBAL = {"stages", "workflow", "default", "variables"}
PROMOTE = ".venv/bin/promote"
STAGES = [stage.name for stage in read(ROOT / "config").stages]


def whole(name: str) -> dict[str, Any]:
    """A job with what it extends and the defaults."""
    job = PIPELINE[name]
    base = whole(job["extends"]) if "extends" in job else PIPELINE["default"]
    extended: dict[str, Any] = merged(base, {key: value for key, value in job.items() if key != "extends"})
    return extended


JOBS = {name: whole(name) for name in PIPELINE if name not in GLOBAL and not name.startswith(".")}


def needs(job: dict[str, Any]) -> list[dict[str, Any]]:
    """What a job needs; artifacts come with it unless it says otherwise."""
    return [
        {"artifacts": True, **(need if isinstance(need, dict) else {"job": need})}
        for need in job.get("needs", [])
    ]


def promotion(job: dict[str, Any]) -> list[str]:
    """The words of the job's one call of promote; none if it makes none."""
    calls = [shlex.split(line) for line in job["script"] if shlex.split(line)[0] == PROMOTE]
    assert len(calls) <= 1
    return calls[0][1:] if calls else []


def option(call: list[str], name: str) -> str | None:
    return call[call.index(name) + 1] if name in call else None


PROMOTIONS = {name: job for name, job in JOBS.items() if promotion(job)}


def test_gitlabs_schema_accepts_it() -> None:
    check = ("-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", FILE)
    done = subprocess.run((sys.executable, *check), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_job_stands_in_a_stage_and_every_stage_has_a_job() -> None:
    assert {job["stage"] for job in JOBS.values()} == set(PIPELINE["stages"])


def test_a_job_needs_only_jobs_of_earlier_stages_that_run_when_it_runs() -> None:
    place = {name: PIPELINE["stages"].index(job["stage"]) for name, job in JOBS.items()}
    for name, job in JOBS.items():
        for need in needs(job):
            assert place[need["job"]] < place[name]
            # A job without rules is in every pipeline; one with rules only where its condition holds.
            when = {rule["if"] for rule in JOBS[need["job"]].get("rules", [])}
            assert need.get("optional") or not when or {rule["if"] for rule in job["rules"]} <= when


@pytest.mark.parametrize(
    ("job", "line"), [(name, line) for name, job in JOBS.items() for line in job["script"]]
)
def test_a_script_line_is_a_make_target_or_a_call_of_promote_that_parses(job: str, line: str) -> None:
    if re.fullmatch(r"make [a-z-]+", line):
        assert re.search(rf"^{line.removeprefix('make ')}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        return
    assert shlex.split(line)[0] == PROMOTE, job
    must_parse(shlex.split(line)[1:], f"{job}: {line}")


def test_there_is_one_promotion_a_stage_of_the_config_in_its_order_each_after_the_one_before() -> None:
    assert [option(promotion(job), "--stage") for job in PROMOTIONS.values()] == STAGES
    before = dict(zip(list(PROMOTIONS)[1:], PROMOTIONS, strict=False))
    for name, job in PROMOTIONS.items():
        assert before.get(name, "test") in [need["job"] for need in needs(job)]


@pytest.mark.parametrize("job", PROMOTIONS.values(), ids=PROMOTIONS)
def test_a_promotion_has_what_it_needs_is_alone_in_its_stage_and_is_retried_for_one_code(
    job: dict[str, Any],
) -> None:
    assert job["script"][0] == "make setup"
    stage = option(promotion(job), "--stage")
    assert (job["environment"]["name"], job["resource_group"]) == (stage, stage)
    assert job["interruptible"] is False
    assert set(job["retry"]) == {"max", "exit_codes"}
    assert job["retry"]["exit_codes"] == [int(ExitCode.TRY_AGAIN)]


def test_promotions_alone_can_prove_who_started_them() -> None:
    tokens = {name: job["id_tokens"] for name, job in JOBS.items() if "id_tokens" in job}
    assert tokens == {name: {ID_TOKEN: {"aud": "stagegate"}} for name in PROMOTIONS}


def test_only_the_last_stage_waits_for_a_hand_and_the_pipeline_with_it() -> None:
    rules = {name: job["rules"] for name, job in PROMOTIONS.items()}
    last = rules.pop(list(rules)[-1])
    assert [rule.get("when") for rule in last] == ["manual"]
    assert not any("allow_failure" in rule for rule in last)  # in a rule, manual blocks unless told otherwise
    assert not any("when" in rule for each in rules.values() for rule in each)


def test_promotions_are_made_from_the_default_branch_alone() -> None:
    wanted = "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"
    conditions = [rule["if"].split(" && ") for job in PROMOTIONS.values() for rule in job["rules"]]
    assert {parts[0] for parts in conditions} == {wanted}
    assert wanted in [rule["if"] for rule in PIPELINE["workflow"]["rules"]]


def test_a_changed_config_goes_with_tested_code_and_nothing_is_tested_again_for_it() -> None:
    started = '$CI_PIPELINE_SOURCE == "pipeline"'
    first = next(iter(PROMOTIONS.values()))
    by_config, by_code = first["rules"]
    assert by_config["if"].endswith(f" && {started}")
    assert [rule["variables"] for rule in (by_config, by_code)] == [
        {"STAGEGATE_CANDIDATE": Changed.CONFIG.value},
        {"STAGEGATE_CANDIDATE": Changed.CODE.value},
    ]
    others = {name: job for name, job in JOBS.items() if name not in PROMOTIONS}
    assert {rule["if"] for job in others.values() for rule in job["rules"]} == {started.replace("==", "!=")}
    assert [need.get("optional") for need in needs(first)] == [True]  # a pipeline without tests has none


def test_the_site_of_promotions_is_the_same_and_outside_the_checkout() -> None:
    sites = {job["variables"]["STAGEGATE_SITE"] for job in PROMOTIONS.values()}
    assert len(sites) == 1
    assert PurePosixPath(sites.pop()).is_absolute()
    others = [job for name, job in JOBS.items() if name not in PROMOTIONS]
    assert not any("STAGEGATE_SITE" in job.get("variables", {}) for job in others)


def test_artifacts_are_the_evidence_of_one_job_red_runs_included_and_no_release_can_hold_them(
    tmp_path: Path,
) -> None:
    folders = [option(promotion(job), "--evidence-into") for job in PROMOTIONS.values()]
    assert len(set(folders)) == len(folders)
    for job in PROMOTIONS.values():
        into = option(promotion(job), "--evidence-into")
        assert into
        assert job["artifacts"]["paths"] == [f"{into}/"]
        assert job["artifacts"]["when"] == "always"
        for gate in ("smoke-1", "build/smoke-1"):  # of a plan of one leg, and of several
            report = tmp_path / into / "p1" / gate / "junit.xml"
            report.parent.mkdir(parents=True)
            report.touch()
            # Unlike fnmatch, and like GitLab's runner, only ** crosses folders.
            assert report in tmp_path.glob(job["artifacts"]["reports"]["junit"])
        ignored = ("git", "-C", ROOT, "check-ignore", "--quiet", f"{into}/p1/smoke-1/junit.xml")
        assert subprocess.run(ignored, check=False).returncode == 0


def test_a_stage_takes_the_release_that_the_job_before_it_left_among_its_artifacts() -> None:
    first, *later = PROMOTIONS.values()
    assert option(promotion(first), "--release") is None
    for job in later:
        (source,) = [need["job"] for need in needs(job) if need["artifacts"]]
        folder = option(promotion(JOBS[source]), "--evidence-into")
        assert option(promotion(job), "--release") == f"$(cat {folder}/{RELEASE})"


def test_the_lab_tests_of_two_pipelines_never_measure_each_other_and_leave_what_they_saw() -> None:
    job = JOBS["test"]
    assert job["resource_group"] == "test"
    assert job["artifacts"]["when"] == "always"
    makefile = (ROOT / "Makefile").read_text()
    (kept,) = re.findall(r"^KEPT := (.+)$", makefile, re.MULTILINE)
    assert job["artifacts"]["paths"] == [f"{kept}/"]
    written = [name.replace("$(KEPT)", kept) for name in re.findall(r"--junit-xml (\S+)", makefile)]
    assert len(written) == 3
    assert all(fnmatch.fnmatch(name, job["artifacts"]["reports"]["junit"]) for name in written)
    ignored = ("git", "-C", ROOT, "check-ignore", *written)
    assert subprocess.run(ignored, capture_output=True, text=True, check=False).stdout.split() == written
