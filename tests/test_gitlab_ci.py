"""What .gitlab-ci.yml and the components name exists, follows the config, and is valid for GitLab."""

import fnmatch
import re
import shlex
import subprocess
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from ci_files import ROOT, component, jobs_of, needs, pipeline, require_valid
from promote_calls import must_parse

from pipeline.adapters.surroundings import ID_TOKEN
from pipeline.cli.dotenv import RELEASE
from pipeline.cli.exit_codes import ExitCode
from pipeline.engine.choose import Changed
from stages.config import read
from suites.harness.layout import DIVISIBLE

FILE = ROOT / ".gitlab-ci.yml"
PIPELINE = pipeline(FILE)
JOBS = jobs_of(PIPELINE)
PROMOTE = ".venv/bin/promote"
STAGES = read(ROOT / "config").stages
NAMES = [stage.name for stage in STAGES]
MAIN = "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"
SCHEDULED = '$CI_PIPELINE_SOURCE == "schedule"'
STARTED = '$CI_PIPELINE_SOURCE == "pipeline"'  # by that of a config repository
CANDIDATE = "STAGEGATE_CANDIDATE"
TEMPLATES = sorted((ROOT / "templates").glob("*.yml"))


def promotion(job: dict[str, Any]) -> list[str]:
    """The words of the job's one call of promote; none if it makes none."""
    calls = [shlex.split(line) for line in job.get("script", []) if shlex.split(line)[0] == PROMOTE]
    assert len(calls) <= 1
    return calls[0][1:] if calls else []


def option(call: list[str], name: str) -> str | None:
    return call[call.index(name) + 1] if name in call else None


CALLING = {name: job for name, job in JOBS.items() if promotion(job)}


def test_gitlabs_schema_accepts_the_file_and_each_component(tmp_path: Path) -> None:
    require_valid(FILE)
    for path in TEMPLATES:
        made = tmp_path / path.name
        made.write_text(yaml.safe_dump({"stages": ["dev"], **component(path, {"stage": "dev"})}))
        require_valid(made)


def test_a_component_needs_no_more_than_the_name_of_a_stage() -> None:
    assert [path.stem for path in TEMPLATES] == ["candidate", "stage"]
    for path in TEMPLATES:
        assert component(path, {"stage": "any"})


def test_every_job_stands_in_a_stage_and_every_stage_has_a_job() -> None:
    assert {job["stage"] for job in JOBS.values()} == set(PIPELINE["stages"])


def test_a_job_needs_only_jobs_that_come_before_it_and_run_when_it_runs() -> None:
    place = {
        name: (PIPELINE["stages"].index(job["stage"]), number)
        for number, (name, job) in enumerate(JOBS.items())
    }
    for name, job in JOBS.items():
        for need in needs(job):
            assert need["job"] in JOBS
            assert place[need["job"]] < place[name]
            assert need["optional"] or MAIN in str(JOBS[need["job"]]["rules"])


@pytest.mark.parametrize(
    ("job", "line"), [(name, line) for name, job in JOBS.items() for line in job.get("script", [])]
)
def test_a_script_line_is_a_make_target_or_a_call_of_promote_that_parses(job: str, line: str) -> None:
    if re.fullmatch(r"make [a-z-]+", line):
        assert re.search(rf"^{line.removeprefix('make ')}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        return
    assert shlex.split(line)[0] == PROMOTE, job
    must_parse(shlex.split(line)[1:], f"{job}: {line}")


def test_each_stage_of_the_config_has_its_jobs_in_its_order_each_after_the_one_before() -> None:
    bridges = [name for name, job in JOBS.items() if "trigger" in job]
    assert bridges == NAMES
    for before, stage in zip(["test", *NAMES], NAMES, strict=False):
        wanted = {need["job"]: need for need in needs(JOBS[f"{stage}-jobs"])}
        assert list(wanted) == ["candidate", before]
        assert (wanted["candidate"]["artifacts"], wanted["candidate"]["optional"]) == (True, False)
        assert [need["job"] for need in needs(JOBS[stage])] == [f"{stage}-jobs"]


@pytest.mark.parametrize("stage", NAMES)
def test_a_stage_is_the_child_that_the_job_before_has_made_alone_and_waited_for(stage: str) -> None:
    bridge, maker = JOBS[stage], JOBS[f"{stage}-jobs"]
    made = option(promotion(maker), "--out")
    assert maker["artifacts"]["paths"] == [made]
    assert bridge["trigger"] == {
        "include": [{"artifact": made, "job": f"{stage}-jobs"}],
        "strategy": "depend",
    }
    assert bridge["resource_group"] == stage
    assert bridge["interruptible"] is False
    ignored = ("git", "-C", ROOT, "check-ignore", "--quiet", str(made))
    assert subprocess.run(ignored, check=False).returncode == 0


@pytest.mark.parametrize("spec", STAGES, ids=NAMES)
def test_only_the_first_gates_of_a_stage_are_divided_and_only_those_that_may_be(spec: Any) -> None:  # noqa: ANN401 - of stages
    call = promotion(JOBS[f"{spec.name}-jobs"])
    assert option(call, "--stage") == spec.name
    assert option(call, "--release") == f"${RELEASE}"
    divided = [word.partition("=")[0] for before, word in pairwise(call) if before == "--shards"]
    assert divided
    assert set(divided) <= DIVISIBLE
    assert list(spec.gates[: len(divided)]) == divided


def test_the_jobs_of_a_child_are_set_up_and_tagged_as_those_that_call_promote() -> None:
    for stage in NAMES:
        job, call = JOBS[f"{stage}-jobs"], promotion(JOBS[f"{stage}-jobs"])
        assert option(call, "--before") == job["script"][0]
        assert [option(call, "--tag")] == job["tags"]
        assert option(call, "--program") == PROMOTE
        assert option(call, "--audience") == "stagegate"


def test_the_candidate_is_pinned_once_and_leaves_its_release_to_the_others() -> None:
    job = JOBS["candidate"]
    left = option(promotion(job), "--dotenv")
    assert promotion(job) == ["pin", "--dotenv", left]
    assert job["artifacts"]["reports"] == {"dotenv": left}


@pytest.mark.parametrize("job", CALLING.values(), ids=CALLING)
def test_who_calls_promote_is_set_up_is_never_interrupted_and_retried_for_one_code(
    job: dict[str, Any],
) -> None:
    assert job["script"][0] == "make setup"
    assert job["interruptible"] is False
    assert set(job["retry"]) == {"max", "exit_codes"}
    assert job["retry"]["exit_codes"] == [int(ExitCode.TRY_AGAIN)]


def test_who_changes_anything_can_prove_who_started_it_and_is_alone_in_its_stage() -> None:
    changing = {name for name in CALLING if name == "candidate" or name.endswith(("-retire", "-again"))}
    tokens = {name: job["id_tokens"] for name, job in JOBS.items() if "id_tokens" in job}
    assert tokens == {name: {ID_TOKEN: {"aud": "stagegate"}} for name in changing}
    groups = {name: job["resource_group"] for name, job in JOBS.items() if "resource_group" in job}
    here = {name: stage for stage in NAMES for name in (stage, f"{stage}-retire", f"{stage}-again")}
    assert groups == {"test": "test", **here}


def test_only_the_last_stage_waits_for_a_hand_and_the_pipeline_with_it() -> None:
    runs = {name: JOBS[name]["rules"][-1] for name in NAMES}
    assert [rule["when"] for rule in runs.values()] == [*["on_success"] * (len(NAMES) - 1), "manual"]
    # In a rule, manual blocks unless told otherwise.
    assert not any("allow_failure" in rule for job in JOBS.values() for rule in job.get("rules", []))
    assert not any("allow_failure" in JOBS[name] for name in NAMES)


def test_promotions_are_made_from_the_default_branch_alone_and_not_on_a_schedule() -> None:
    for name in ("candidate", *NAMES, *(f"{stage}-jobs" for stage in NAMES)):
        first, *others = JOBS[name]["rules"]
        assert first == {"if": SCHEDULED, "when": "never"}
        assert {rule["if"].partition(" && ")[0] for rule in others} == {MAIN}
    assert MAIN in [rule["if"] for rule in PIPELINE["workflow"]["rules"]]


def test_a_schedule_retires_what_is_due_brings_what_waits_tells_what_was_not_told_and_no_more() -> None:
    firsts = {name: job["rules"][0] for name, job in JOBS.items()}
    scheduled = {
        name for name, rule in firsts.items() if SCHEDULED in str(rule) and rule.get("when") != "never"
    }
    assert scheduled == {"deliver", *(f"{stage}-{what}" for stage in NAMES for what in ("retire", "again"))}
    for stage in NAMES:
        retire, again = (JOBS[f"{stage}-{what}"] for what in ("retire", "again"))
        assert promotion(retire)[:3] == ["retire", "--stage", stage]
        assert {"--if-due", "--yes"} <= set(promotion(retire))
        assert retire["rules"] == [{"if": f"{SCHEDULED} && {MAIN}"}]
        assert promotion(again)[:4] == ["ci", "again", "--stage", stage]
        assert again["rules"] == [{"if": f"{SCHEDULED} && {MAIN}", "when": JOBS[stage]["rules"][-1]["when"]}]
    for name in ("check", "test"):
        left_out, run = JOBS[name]["rules"]
        assert left_out == {"if": f"{SCHEDULED} || {STARTED}", "when": "never"}
        assert run == {"when": "on_success"}


def test_what_still_waits_is_not_red_and_all_else_is() -> None:
    lenient = {name: job["allow_failure"] for name, job in JOBS.items() if "allow_failure" in job}
    codes = [int(ExitCode.DEFERRED), int(ExitCode.HELD)]
    assert lenient == {
        "candidate": {"exit_codes": [int(ExitCode.DEFERRED)]},
        **{f"{stage}-again": {"exit_codes": codes} for stage in NAMES},
    }


def test_after_a_candidate_that_is_not_there_yet_each_stage_says_so_and_is_not_red() -> None:
    for stage in NAMES:
        assert "--if-pinned" in promotion(JOBS[f"{stage}-jobs"])
        assert {need["job"] for need in needs(JOBS[f"{stage}-jobs"])} >= {"candidate"}


def test_a_changed_config_goes_with_tested_code_and_nothing_is_tested_again_for_it() -> None:
    job = JOBS["candidate"]
    by_config, by_code = job["rules"][1:]
    assert by_config == {"if": f"{MAIN} && {STARTED}", "variables": {CANDIDATE: Changed.CONFIG.value}}
    assert by_code == {"if": MAIN, "variables": {CANDIDATE: Changed.CODE.value}}
    # All that is pinned by a pipeline of the code has passed its tests, which a later one relies on.
    stages = PIPELINE["stages"]
    assert "needs" not in job
    assert stages.index(JOBS["test"]["stage"]) < stages.index(job["stage"])
    assert [need["optional"] for need in needs(JOBS[f"{NAMES[0]}-jobs"]) if need["job"] == "test"] == [True]


def test_the_candidate_is_asked_of_a_config_that_is_named_for_its_job_and_gits_token_is_its_own() -> None:
    job = JOBS["candidate"]
    assert job["environment"] == {"name": NAMES[0], "action": "prepare"}  # variables, and no deployment
    assert not any("environment" in JOBS[name] for name in ("check", "test"))
    of_config = jobs_of(pipeline(ROOT / "setup" / "config-repository" / ".gitlab-ci.yml"))["check-each-stage"]
    assert {name: job["variables"][name] for name in of_config["variables"]} == of_config["variables"]


def test_the_site_of_promotions_is_the_same_and_outside_the_checkout() -> None:
    sites = {job["variables"]["STAGEGATE_SITE"] for job in CALLING.values()}
    assert len(sites) == 1
    assert PurePosixPath(sites.pop()).is_absolute()
    others = [job for name, job in JOBS.items() if name not in CALLING]
    assert not any("STAGEGATE_SITE" in job.get("variables", {}) for job in others)


def test_the_lab_tests_of_two_pipelines_never_measure_each_other_and_leave_what_they_saw() -> None:
    job = JOBS["test"]
    assert job["resource_group"] == "test"
    assert job["artifacts"]["when"] == "always"
    makefile = (ROOT / "Makefile").read_text()
    (kept,) = re.findall(r"^KEPT := (.+)$", makefile, re.MULTILINE)
    assert job["artifacts"]["paths"] == [f"{kept}/"]
    written = [name.replace("$(KEPT)", kept) for name in re.findall(r"--junit-xml (\S+)", makefile)]
    assert len(written) == 2
    assert all(fnmatch.fnmatch(name, job["artifacts"]["reports"]["junit"]) for name in written)
    ignored = ("git", "-C", ROOT, "check-ignore", *written)
    assert subprocess.run(ignored, capture_output=True, text=True, check=False).stdout.split() == written
