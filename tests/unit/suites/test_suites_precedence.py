"""The gate raises its session's priority, sets it back, and runs without it where the kernel refuses."""

import os
from pathlib import Path

import pytest

from suites.harness.precedence import NICENESS, precedence


@pytest.fixture
def niceness(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """This process's niceness, each value that it was given; the last one is its own now."""
    given = [2]
    monkeypatch.setattr(os, "getpriority", lambda _which, _who: given[-1])
    monkeypatch.setattr(os, "setpriority", lambda _which, _who, value: given.append(value))
    return given


def test_the_session_goes_first_meanwhile(tmp_path: Path, niceness: list[int]) -> None:
    autogroup = tmp_path / "autogroup"
    autogroup.write_text("/autogroup-57322 nice 3\n")
    with precedence(autogroup):
        assert autogroup.read_text() == str(NICENESS)
    assert autogroup.read_text() == "3"
    assert niceness == [2]


def test_a_session_that_another_gate_has_raised_is_left_to_it(tmp_path: Path, niceness: list[int]) -> None:
    autogroup = tmp_path / "autogroup"
    autogroup.write_text(words := f"/autogroup-57322 nice {NICENESS}\n")
    with precedence(autogroup):
        pass
    assert (autogroup.read_text(), niceness) == (words, [2])


def test_a_process_in_no_sessions_group_goes_first_itself(tmp_path: Path, niceness: list[int]) -> None:
    autogroup = tmp_path / "autogroup"
    autogroup.touch()
    with precedence(autogroup):
        assert niceness == [2, NICENESS]
    assert niceness == [2, NICENESS, 2]
    assert not autogroup.read_text()


def test_where_the_kernel_refuses_the_gate_runs_all_the_same(tmp_path: Path, niceness: list[int]) -> None:
    refusing = tmp_path / "autogroup"
    refusing.mkdir()  # neither read nor written
    ran = False
    for autogroup in (refusing, tmp_path / "a-kernel-without-autogroups"):
        with precedence(autogroup):
            ran = True
        assert ran
    assert niceness == [2]
