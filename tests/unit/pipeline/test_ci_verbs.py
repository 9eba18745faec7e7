"""`promote ci`: what its jobs say, leave for each other, and refuse."""

from pathlib import Path

import pytest
import yaml
from desk import Desk, green, red

from pipeline.cli.dotenv import ATTEMPT, RELEASE
from pipeline.cli.exit_codes import ExitCode


@pytest.fixture
def desk(desk: Desk, tmp_path: Path) -> Desk:
    desk.bench.site = tmp_path / "site"
    return desk


def deployed(desk: Desk, *more: str) -> None:
    assert desk("ci", "deploy", *green(desk), *more) == ExitCode.DONE, desk.err


def test_a_deployment_says_what_is_to_be_judged_and_leaves_its_name(desk: Desk, tmp_path: Path) -> None:
    left = tmp_path / "evidence" / "attempt.env"
    deployed(desk, "--dotenv", str(left))

    assert desk.out == "p1: r1 is deployed in dev; to be judged: smoke\n"
    assert left.read_text() == f"{ATTEMPT}=p1\n{RELEASE}={desk.bench.revisions.pin.id}\n"


def test_a_deployment_that_fails_ends_as_a_promotion_and_leaves_nothing_to_go_on_with(
    desk: Desk, tmp_path: Path
) -> None:
    desk.bench.commit("first", a="1")
    desk.bench.world.broken.add("step a")
    left = tmp_path / "attempt.env"

    assert desk("ci", "deploy", "--stage", "dev", "--dotenv", str(left)) == ExitCode.ROLLOUT_FAILED
    assert f"{ATTEMPT}=p1\n" in left.read_text()
    assert desk("resume", "--stage", "dev", "--attempt", "p1") == ExitCode.NOT_ELIGIBLE


def test_the_last_job_goes_on_with_a_deployment_that_was_cut_off(desk: Desk, tmp_path: Path) -> None:
    left = tmp_path / "attempt.env"
    desk.interrupted("ci", "deploy", *green(desk), "--dotenv", str(left), after=4)

    assert f"{ATTEMPT}=p1\n" in left.read_text()
    assert desk("ci", "shard", "smoke", "1/1", "--stage", "dev", "--attempt", "p1") == ExitCode.NOT_ELIGIBLE
    assert desk("resume", "--stage", "dev", "--attempt", "p1") == ExitCode.DONE


def test_a_deployment_that_may_not_begin_names_no_attempt_and_the_last_job_touches_none(
    desk: Desk, tmp_path: Path
) -> None:
    left = tmp_path / "attempt.env"
    deployed(desk)  # by another pipeline, which is not over

    assert desk("ci", "deploy", "--stage", "dev", "--dotenv", str(left)) == ExitCode.NOT_ELIGIBLE
    assert left.read_text() == ""
    assert desk("resume", "--stage", "dev", "--attempt", "") == ExitCode.NOT_ELIGIBLE
    assert desk.bench.shop().history().stage("dev").open == "p1"


def test_a_pinned_release_is_left_for_later_jobs(desk: Desk, tmp_path: Path) -> None:
    desk.bench.commit("first", a="1")
    left = tmp_path / "evidence" / "candidate.env"

    assert desk("pin", "--dotenv", str(left)) == 0
    assert left.read_text() == f"{RELEASE}={desk.bench.revisions.pin.id}\n"


def test_variables_that_can_not_be_left_are_an_error(desk: Desk, tmp_path: Path) -> None:
    desk.bench.commit("first", a="1")
    (tmp_path / "file").touch()

    assert desk("pin", "--dotenv", str(tmp_path / "file" / "candidate.env")) == ExitCode.USAGE
    assert "can't be written" in desk.err


def test_a_shard_says_its_verdict_and_copies_its_evidence(desk: Desk, tmp_path: Path) -> None:
    deployed(desk)
    report = desk.bench.site / "runs/p1/smoke-shard-1-of-1-1/junit.xml"
    report.parent.mkdir(parents=True)
    report.write_text("<testsuite/>")
    into = tmp_path / "evidence"

    code = desk("ci", "shard", "smoke", "1/1", "--stage", "dev", "--evidence-into", str(into))
    assert code == ExitCode.DONE
    assert desk.out == "p1: shard 1/1 of gate smoke in dev: pass, 1 of 1 checks passed\n"
    assert (into / "p1/smoke-shard-1-of-1-1/junit.xml").is_file()

    assert desk("ci", "shard", "smoke", "1/1", "--stage", "dev") == ExitCode.DONE
    assert "as it had reported before" in desk.out


def test_evidence_with_a_damaged_report_is_copied_and_the_report_named(desk: Desk, tmp_path: Path) -> None:
    deployed(desk)
    report = desk.bench.site / "runs/p1/smoke-shard-1-of-1-1/report.json"
    report.parent.mkdir(parents=True)
    report.write_text('{"checks": [7]}')
    into = tmp_path / "evidence"

    code = desk("ci", "shard", "smoke", "1/1", "--stage", "dev", "--evidence-into", str(into))
    assert code == ExitCode.DONE
    assert f"where: {into / 'p1/smoke-shard-1-of-1-1/report.json'}" in desk.err
    assert "could not be copied" not in desk.err


@pytest.mark.parametrize(
    ("answer", "code"), [("failed", ExitCode.GATE_FAILED), ("inconclusive", ExitCode.INCONCLUSIVE)]
)
def test_a_shard_that_does_not_pass_names_what_did_not_where_and_what_comes_next(
    desk: Desk, answer: str, code: ExitCode
) -> None:
    deployed(desk)
    desk.bench.answers["smoke"] = answer

    assert desk("ci", "shard", "smoke", "1/1", "--stage", "dev") == code
    *found, evidence, following = desk.err.splitlines()
    assert any(f"the thing was {answer}" in line for line in found)
    assert evidence.endswith("runs/p1/smoke-shard-1-of-1-1")
    assert following == "next: promote resume --stage dev"


@pytest.mark.parametrize("shard", ["3/2", "0/1", "half"])
def test_what_is_no_shard_is_a_usage_error(desk: Desk, shard: str) -> None:
    deployed(desk)
    assert desk("ci", "shard", "smoke", shard, "--stage", "dev") == ExitCode.USAGE


def test_the_last_job_joins_what_was_reported_and_copies_the_evidence(desk: Desk, tmp_path: Path) -> None:
    deployed(desk)
    desk("ci", "shard", "smoke", "1/1", "--stage", "dev")
    desk.bench.answers["smoke"] = "failed"  # it would be, if it was run again
    (desk.bench.site / "runs/p1").mkdir(parents=True)
    into = tmp_path / "evidence"

    code = desk("resume", "--stage", "dev", "--attempt", "p1", "--evidence-into", str(into))
    assert code == ExitCode.DONE, desk.err
    assert (into / "p1").is_dir()
    assert (into / "release").read_text().strip() == desk.bench.revisions.pin.id


def test_the_last_job_rolls_back_after_a_red_shard(desk: Desk) -> None:
    stage = red(desk)
    assert desk("ci", "deploy", *stage) == ExitCode.DONE
    assert desk("ci", "shard", "smoke", "1/1", "--stage", "dev") == ExitCode.GATE_FAILED
    assert desk("resume", "--stage", "dev") == ExitCode.GATE_FAILED


def test_a_child_pipeline_is_printed_or_written(desk: Desk, tmp_path: Path) -> None:
    desk(*green(desk))
    asked = ("ci", "child", "--stage", "dev", "--release", "r1", "--shards", "smoke=2")
    assert desk(*asked) == 0
    printed = yaml.safe_load(desk.out)
    assert list(printed)[-4:] == ["deploy", "smoke 1/2", "smoke 2/2", "conclude"]

    out = tmp_path / "evidence" / "child.yml"
    assert desk(*asked, "--out", str(out)) == 0
    assert desk.out == f"{out}\n"
    assert yaml.safe_load(out.read_text()) == printed


def test_a_release_that_was_not_pinned_yet_is_a_mistake_unless_the_call_counts_on_it(desk: Desk) -> None:
    asked = ("ci", "child", "--stage", "dev", "--release", "")
    found = desk.document(*asked, "--if-pinned")
    assert (desk.code, found["release"], "nothing-yet" in found["pipeline"]) == (0, None, True)
    assert desk(*asked) == ExitCode.USAGE


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (("--stage", "nowhere", "--release", "r1"), "has no stage 'nowhere'"),
        (("--stage", "dev", "--release", "r7"), "r7"),
        (("--stage", "dev", "--release", "r1", "--shards", "smoke"), "such as smoke=3"),
        (("--stage", "dev", "--release", "r1", "--shards", "api=2"), "dev has no gate api"),
        (("--stage", "staging", "--release", "r1", "--shards", "failover=2"), "failover comes after smoke"),
        (
            ("--stage", "staging", "--release", "r1", "--shards", "smoke=2", "--shards", "failover=1"),
            "failover can't be divided",
        ),
    ],
)
def test_a_child_pipeline_that_could_not_work_is_not_made(
    desk: Desk, asked: tuple[str, ...], why: str
) -> None:
    desk(*green(desk))
    assert desk("ci", "child", *asked) == ExitCode.USAGE
    assert why in desk.err


def test_what_waits_is_promoted_once(desk: Desk) -> None:
    desk(*green(desk))
    again = ("ci", "again", "--stage", "staging")

    assert desk(*again) == ExitCode.DONE
    assert "verified" in desk.out
    assert desk(*again) == ExitCode.DONE
    assert desk.out == "staging: nothing waits\n"


def test_what_still_waits_is_told_by_the_exit_code(desk: Desk) -> None:
    desk(*green(desk))
    desk("hold", "--stage", "staging", "--reason", "a fair")

    assert desk("ci", "again", "--stage", "staging") == ExitCode.HELD


def test_where_there_is_no_line_nothing_can_wait(desk: Desk) -> None:
    assert desk("ci", "again", "--stage", "staging") == ExitCode.NOT_ELIGIBLE


def test_the_shards_of_an_attempt_are_shown_with_their_evidence(desk: Desk) -> None:
    deployed(desk)
    desk.bench.answers["smoke"] = "failed"
    desk("ci", "shard", "smoke", "1/1", "--stage", "dev")

    desk("show", "p1")
    where = desk.bench.site / "runs/p1/smoke-shard-1-of-1-1"
    told = f"shard 1/1 of gate smoke: fail, 0 of 1 checks passed; {where}"
    assert f"{told} (not on this machine)" in desk.out.splitlines()
    where.mkdir(parents=True)
    desk("show", "p1")
    assert told in desk.out.splitlines()


def test_the_last_words_of_a_red_run_name_the_evidence_of_the_red_shard(desk: Desk) -> None:
    deployed(desk)
    desk.bench.answers["smoke"] = "failed"
    desk("ci", "shard", "smoke", "1/1", "--stage", "dev")

    desk("resume", "--stage", "dev")
    assert f"evidence: {desk.bench.site}/runs/p1/smoke-shard-1-of-1-1" in desk.err.splitlines()
