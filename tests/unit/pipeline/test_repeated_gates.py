"""`promote gate --repeat` and `promote flaky`: how often each check was green."""

import pytest
from desk import Desk

from pipeline.cli import gate

REPEATED = ("gate", "smoke", "--stage", "dev", "--repeat", "3")


def stopping(desk: Desk, monkeypatch: pytest.MonkeyPatch, *, after: int) -> None:
    """Let Ctrl-C arrive while the files of a run are read, which is after its end."""
    read, faults_in = [], gate.faults_in

    def stopped(directory: object) -> object:
        read.append(directory)
        if len(read) == after:
            desk.bench.quiet.signal = 2
        return faults_in(directory)

    monkeypatch.setattr(gate, "faults_in", stopped)


def test_checks_of_a_repeated_gate_are_counted(standing: Desk) -> None:
    green = standing.document(*REPEATED)
    standing.bench.answers["smoke"] = "failed"
    red = standing.document(*REPEATED)
    assert (green["wanted"], {one["green"] for one in green["checks"]}) == (3, {3})
    checks = {one["component"]: one for one in red["checks"]}
    assert (checks["-"]["green"], checks["thing"]["red"], checks["thing"]["runs"]) == (3, 3, 3)
    assert checks["thing"]["attempts"] == [one["id"] for one in red["attempts"]]


def test_people_get_a_row_for_what_was_not_always_green(standing: Desk) -> None:
    assert standing(*REPEATED) == 0
    assert "3 of 3 runs\n" in standing.out
    assert "checks green in every run" in standing.out
    standing.bench.answers["smoke"] = "inconclusive"
    assert standing(*REPEATED) == 10
    row = next(line for line in standing.out.splitlines() if " thing/" in line)
    assert row.split()[2:6] == ["3", "0", "3", "0"]


def test_ctrl_c_leaves_the_table_of_the_runs_so_far(standing: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    stopping(standing, monkeypatch, after=2)
    assert standing(*REPEATED) == 130
    assert "2 of 3 runs\n" in standing.out
    assert "interrupted by SIGINT after 2 of 3 runs" in standing.err
    assert {one["outcome"] for one in standing.document("history")["attempts"]} == {"verified", "observed"}


def test_stopped_early_the_document_has_the_runs_so_far(
    standing: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping(standing, monkeypatch, after=1)
    found = standing.document(*REPEATED)
    assert (standing.code, found["exit_code"]) == (130, 130)
    assert (found["wanted"], len(found["attempts"]), {one["runs"] for one in found["checks"]}) == (3, 1, {1})
    assert found["meaning"] == "interrupted by SIGINT after 1 of 3 runs, each of which is recorded"
    assert "interrupted by SIGINT" in standing.err


def test_a_check_that_is_red_where_it_was_verified_is_called_a_defect_of_harness_or_stage(
    standing: Desk,
) -> None:
    assert standing("flaky") == 0
    assert "too few to call a rate low" in standing.out
    standing.bench.answers["smoke"] = "failed"
    standing("gate", "smoke", "--stage", "dev")
    assert standing("flaky", "--stage", "dev") == 0
    assert (
        "not green in more than 1 of 50 runs, which is a defect of the harness or of the stage"
        in standing.out
    )
    assert "next: promote show p2\n" in standing.out
    found = standing.document("flaky", "--gate", "smoke")
    thing = next(one for one in found["checks"] if one["component"] == "thing")
    assert (thing["runs"], thing["red"], thing["defect"], thing["enough_runs"]) == (2, 1, True, True)


def test_a_stage_that_there_is_not_is_refused_and_a_gate_without_runs_is_told(standing: Desk) -> None:
    assert standing("flaky", "--stage", "nowhere") == 2
    assert standing("flaky", "--gate", "api") == 0
    assert standing.out == "no gate was judged on what was verified\n"
