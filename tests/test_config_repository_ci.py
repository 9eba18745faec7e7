"""The pipeline of a config repository: GitLab's schema accepts it, and it fits the pipeline of the code."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from ci_files import ROOT, jobs_of, pipeline
from promote_calls import must_parse

from pipeline.cli.exit_codes import ExitCode
from pipeline.engine.config_repository import CODE

FOLDER = ROOT / "setup" / "config-repository"
TEXT = (FOLDER / ".gitlab-ci.yml").read_text().replace(CODE, "cloud/stagegate")
PIPELINE: dict[str, Any] = yaml.safe_load(TEXT)
OF_CODE = jobs_of(pipeline(ROOT / ".gitlab-ci.yml"))
COMMON, CHECK, MERGED = PIPELINE[".check"], PIPELINE["check"], PIPELINE["check-each-stage"]
PROMOTE = PIPELINE["promote"]


def test_gitlabs_schema_accepts_it(tmp_path: Path) -> None:
    file = tmp_path / ".gitlab-ci.yml"
    file.write_text(TEXT)
    check = ("-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", file)
    done = subprocess.run((sys.executable, *check), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_check_clones_the_code_and_calls_promote_once() -> None:
    clone, cd, setup = map(shlex.split, COMMON["before_script"])
    assert (clone[:2], clone[-2:]) == (["git", "clone"], ["$CI_SERVER_URL/cloud/stagegate.git", ".code"])
    assert cd == ["cd", ".code"]
    assert setup == ["make", "setup"]
    assert re.search(r"^setup:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for job in (CHECK, MERGED):
        assert job["extends"] == ".check"
        (call,) = map(shlex.split, job["script"])
        assert call[0] == ".venv/bin/promote"
        must_parse(call[1:], "the config repository's check")
    assert COMMON["retry"]["exit_codes"] == [int(ExitCode.TRY_AGAIN)]


def test_the_clone_is_no_part_of_a_release() -> None:
    assert "/.code/" in (FOLDER / ".gitignore").read_text().splitlines()


def test_a_merge_request_is_checked_apart_from_the_site() -> None:
    assert CHECK["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'}]
    assert CHECK["tags"] == OF_CODE["check"]["tags"]
    assert "--each-stage" not in CHECK["script"][0]
    assert "STAGEGATE_SITE" not in {**COMMON["variables"], **CHECK.get("variables", {})}


def test_what_was_merged_is_checked_with_the_site_of_the_promotions_on_their_machine() -> None:
    (rule,) = MERGED["rules"]
    protected = '$CI_COMMIT_REF_PROTECTED == "true"'
    assert rule == {"if": f"$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && {protected}"}
    assert "--each-stage" in MERGED["script"][0]
    promotion = OF_CODE["candidate"]
    assert MERGED["tags"] == promotion["tags"]
    assert {**COMMON["variables"], **MERGED["variables"]} == promotion["variables"]


def test_gits_credentials_are_the_jobs_and_in_no_command_line() -> None:
    variables = COMMON["variables"]
    assert int(variables["GIT_CONFIG_COUNT"]) == 1
    assert variables["GIT_CONFIG_KEY_0"] == "credential.$CI_SERVER_URL.helper"
    helper = variables["GIT_CONFIG_VALUE_0"].replace(
        "$$", "$"
    )  # as GitLab writes a $ that is none of its own
    told = subprocess.run(
        ["git", "credential", "fill"],
        input="protocol=https\nhost=git.example\n\n",
        env={
            "PATH": "/usr/bin:/bin",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "credential.https://git.example.helper",
            "GIT_CONFIG_VALUE_0": helper,
            "CI_JOB_TOKEN": "t0ken",
        },
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert {"username=gitlab-ci-token", "password=t0ken"} <= set(told)


def test_only_the_default_branch_is_promoted_by_the_project_of_the_code_and_after_the_check() -> None:
    assert PROMOTE["trigger"] == {"project": "cloud/stagegate"}
    assert PROMOTE["needs"] == ["check-each-stage"]
    assert PROMOTE["rules"] == [{"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"}]
    assert PROMOTE["inherit"] == {"variables": False}  # they are of this project


def test_the_texts_name_the_code_nowhere_but_by_the_mark() -> None:
    for path in (FOLDER / "README.md", FOLDER / ".gitlab-ci.yml"):
        assert CODE in path.read_text()
