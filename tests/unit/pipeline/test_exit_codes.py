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
    keep_in_prod,
    locked,
    not_verified_before,
    nothing_to_resume,
    open_promotion,
    red,
    red_ad_hoc,
    refused,
    refused_plan,
    return_fails,
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
    return_fails: 8,
    not_verified_before: 9,
    refused: 9,
    refused_plan: 9,
    secret_unusable: 9,
    secret_unusable_plan: 9,
    nothing_to_resume: 9,
    open_promotion: 9,
    unclear: 10,
    busy: 75,
    download_fails: 75,
    control_c: 130,
    terminated: 143,
}


@pytest.mark.parametrize(
    ("case", "code"), CASES.items(), ids=lambda value: getattr(value, "__name__", str(value))
)
def test_every_way_to_end_has_its_exit_code(desk: Desk, case: Callable[[Desk], list[str]], code: int) -> None:
    assert desk(*case(desk)) == code, desk.err


@pytest.mark.parametrize(
    "case", [case for case in CASES if CASES[case] not in (2, 0)], ids=lambda case: case.__name__
)
def test_a_no_is_one_document_too(desk: Desk, case: Callable[[Desk], list[str]]) -> None:
    argv = case(desk)
    assert desk.document(*argv)["exit_code"] == CASES[case]


def test_every_exit_code_but_the_reserved_one_is_tried_and_has_a_meaning() -> None:
    assert set(CASES.values()) | {ExitCode.DEFERRED} == set(ExitCode) == set(MEANING)


@pytest.mark.parametrize("case", [red, red_ad_hoc, unclear, step_fails, return_fails, refused, unplanned])
def test_a_red_run_ends_with_five_lines_that_say_what_to_look_at(
    desk: Desk, case: Callable[[Desk], list[str]]
) -> None:
    desk(*case(desk))
    words = [line.partition(": ")[0] for line in desk.err.splitlines()[-5:]]

    assert words == ["test", "host", "seen", "evidence", "next"]
    assert all(line.partition(": ")[2] for line in desk.err.splitlines()[-5:])


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
