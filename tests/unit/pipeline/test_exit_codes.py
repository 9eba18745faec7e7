"""Every way a command can end, its exit code, and its last words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from desk import (
    Desk,
    bad_config,
    bad_duration,
    busy,
    control_c,
    crashed,
    dirty,
    download_fails,
    green,
    held,
    held_plan,
    hung_up,
    keep_in_prod,
    locked,
    not_verified_before,
    nothing_to_resume,
    open_attempt,
    red,
    red_ad_hoc,
    refused,
    refused_plan,
    returns,
    rollback_fails,
    secret_unusable,
    secret_unusable_plan,
    step_fails,
    terminated,
    unclear,
    unexpected,
    unfit,
    unknown_gate,
    unknown_release,
    unknown_stage,
    unknown_verb,
    unplanned,
    without_stage,
)

from pipeline.cli.exit_codes import MEANING, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable


CASES = {
    green: 0,
    unexpected: 1,
    crashed: 1,
    unplanned: 1,
    without_stage: 2,
    unknown_verb: 2,
    bad_duration: 2,
    unknown_gate: 2,
    unknown_stage: 2,
    unknown_release: 2,
    bad_config: 2,
    dirty: 2,
    keep_in_prod: 2,
    unfit: 2,
    red: 3,
    red_ad_hoc: 3,
    locked: 5,
    held: 6,
    held_plan: 6,
    step_fails: 7,
    rollback_fails: 8,
    not_verified_before: 9,
    refused: 9,
    refused_plan: 9,
    secret_unusable: 9,
    secret_unusable_plan: 9,
    nothing_to_resume: 9,
    open_attempt: 9,
    unclear: 10,
    busy: 75,
    download_fails: 75,
    hung_up: 129,
    control_c: 130,
    terminated: 143,
}


@pytest.mark.parametrize(
    ("case", "code"), CASES.items(), ids=lambda value: getattr(value, "__name__", str(value))
)
def test_every_way_to_end_has_its_exit_code(desk: Desk, case: Callable[[Desk], list[str]], code: int) -> None:
    assert desk(*case(desk)) == code, desk.err


@pytest.mark.parametrize(
    "case", [case for case in CASES if CASES[case] != 0 and case is not unfit], ids=lambda case: case.__name__
)
def test_a_no_is_one_document_too(desk: Desk, case: Callable[[Desk], list[str]]) -> None:
    argv = case(desk)
    assert desk.document(*argv)["exit_code"] == CASES[case]


def test_every_exit_code_but_the_reserved_one_is_tried_and_has_a_meaning() -> None:
    assert set(CASES.values()) | {ExitCode.DEFERRED} == set(ExitCode) == set(MEANING)


@pytest.mark.parametrize("case", [red, red_ad_hoc, unclear, step_fails, rollback_fails, refused, unplanned])
def test_a_red_run_ends_with_five_lines_that_say_what_to_look_at(
    desk: Desk, case: Callable[[Desk], list[str]]
) -> None:
    desk(*case(desk))
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


def test_the_next_command_is_about_the_same_site(desk: Desk) -> None:
    desk(*red(desk), "--site", "/srv/other site")

    assert desk.err.splitlines()[-1] == "next: promote show p1 --site '/srv/other site'"


def test_the_next_command_is_about_the_same_config(desk: Desk) -> None:
    desk(*bad_config(desk), "--config", "../ours", "--site", "/srv/other")

    assert desk.err.splitlines()[-1] == "next: promote check --site /srv/other --config ../ours"


@pytest.mark.parametrize(
    ("case", "options", "said"),
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
    desk: Desk, case: Callable[[Desk], list[str]], options: list[str], said: str
) -> None:
    assert desk.document(*case(desk), *options)["meaning"] == said


def test_giving_a_return_up_is_no_gate_that_said_no(desk: Desk) -> None:
    argv = returns(desk)
    desk.bench.quiet.after = len(desk.bench.quiet.records) + 10
    desk(*argv)
    desk.bench.quiet.after, desk.bench.quiet.signal = None, None
    assert desk.bench.shop().history().attempts["p3"].outcome is None

    found = desk.document("abort")

    assert (found["outcome"], found["exit_code"]) == ("aborted", 0)


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
