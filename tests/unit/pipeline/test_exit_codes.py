"""Every way a command can end, its exit code, and its last words."""

import pytest
from desk import (
    WAYS,
    Desk,
    Way,
    bad_config,
    green,
    red,
    red_ad_hoc,
    returns,
    secret_unusable,
    step_fails,
    unclear,
)

from pipeline.cli.exit_codes import ExitCode


@pytest.mark.parametrize(("way", "code"), WAYS.values(), ids=WAYS)
def test_every_way_to_end_has_its_exit_code(desk: Desk, way: Way, code: int) -> None:
    assert desk(*way(desk)) == code, desk.err


@pytest.mark.parametrize("name", [name for name in WAYS if name not in {"green", "unfit"}])
def test_a_no_is_one_document_too(desk: Desk, name: str) -> None:
    way, code = WAYS[name]
    assert desk.document(*way(desk))["exit_code"] == code


def test_every_exit_code_but_the_reserved_one_is_tried_and_has_a_meaning() -> None:
    assert {code for _, code in WAYS.values()} == set(ExitCode)
    assert all(code.meaning for code in ExitCode)


@pytest.mark.parametrize(
    "name", ["red", "red_ad_hoc", "unclear", "step_fails", "rollback_fails", "refused", "unplanned"]
)
def test_a_red_run_ends_with_five_lines_that_say_what_to_look_at(desk: Desk, name: str) -> None:
    desk(*WAYS[name][0](desk))
    words = [line.partition(": ")[0] for line in desk.err.splitlines()[-5:]]

    assert words == ["test", "host", "seen", "evidence", "next"]
    assert all(line.partition(": ")[2] for line in desk.err.splitlines()[-5:])


def test_what_a_step_or_plan_advises_is_the_next_command(desk: Desk) -> None:
    desk(*secret_unusable(desk))

    assert desk.err.splitlines()[-1] == "next: edit config/stages/dev.yaml"
    assert desk("show", "p1") == 0
    assert "there is no plan: a secret cannot be used\n  next: edit config/stages/dev.yaml" in desk.out
    found = desk.document("show", "p1")["attempt"]
    assert found["plan_trouble"]["next"] == "edit config/stages/dev.yaml"


def test_the_next_command_is_about_the_same_site_and_config(desk: Desk) -> None:
    desk(*red(desk), "--site", "/srv/other site")
    assert desk.err.splitlines()[-1] == "next: promote show p1 --site '/srv/other site'"

    desk(*bad_config(desk), "--config", "../ours", "--site", "/srv/other")
    assert desk.err.splitlines()[-1] == "next: promote check --site /srv/other --config ../ours"


@pytest.mark.parametrize(
    ("way", "options", "said"),
    [
        (red, [], "a gate failed; there was nothing to roll back to; the stage is unverified"),
        (
            step_fails,
            [],
            "the rollout failed before any gate; there was nothing to roll back to; the stage is unverified",
        ),
        (step_fails, ["--keep"], "the rollout failed before any gate; the stage was left as it is"),
        (unclear, ["--keep"], "a gate was inconclusive; the stage was left as it is"),
        (red_ad_hoc, [], "a gate failed; the stage is unchanged"),
        (returns, [], "a gate failed; the stage was rolled back to r1"),
    ],
)
def test_the_document_of_a_red_run_says_where_the_stage_is_now(
    desk: Desk, way: Way, options: list[str], said: str
) -> None:
    assert desk.document(*way(desk), *options)["meaning"] == said


def test_abandoning_a_rollback_leaves_a_stage_that_needs_a_person(desk: Desk) -> None:
    argv = returns(desk)
    desk.interrupted(*argv, after=10)
    assert desk.bench.shop().history().attempts["p3"].outcome is None

    found = desk.document("abort")

    assert (found["outcome"], found["exit_code"]) == ("aborted", 8)
    assert found["meaning"] == "the rollback was aborted; the stage needs a person"


def test_the_last_words_name_test_host_sight_evidence_and_the_next_command(desk: Desk) -> None:
    desk(*red(desk))

    assert desk.err.splitlines()[-5:] == [
        "test: suites/smoke/test_smoke.py::test_it",
        "host: -",
        "seen: the thing was failed",
        "evidence: site/runs/p1/smoke-1",
        "next: promote show p1",
    ]


def test_a_green_run_prints_its_result_and_no_last_words(desk: Desk) -> None:
    desk(*green(desk))

    assert "verified" in desk.out
    assert "next:" not in desk.err
