"""The whole of `promote` as a process: releases, rollbacks, kills, signals and lost output."""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from machine import Machine
from repositories import run


def all_of(text: str) -> dict[str, str]:
    return dict.fromkeys(("one", "two", "three"), text)


def test_a_release_goes_from_the_checkout_through_the_stages(machine: Machine) -> None:
    machine.promote("--stage", "dev")
    machine.promote("--stage", "staging")

    assert machine.world("staging") == all_of("first hello")
    assert machine.history() == [("promote", "r1", "verified"), ("promote", "r1", "verified")]


def test_a_rollback_runs_the_old_code_and_the_old_suite(machine: Machine) -> None:
    machine.promote("--stage", "dev")
    machine.release(template="BAD", greeting="hello", suite="two")
    machine.promote("--stage", "dev", code=3)
    last_words = machine.err.splitlines()[-5:]

    assert machine.world("dev") == all_of("first hello")
    assert machine.history() == [
        ("promote", "r1", "verified"),
        ("promote", "r2", "failed"),
        ("rollback", "r1", "rolled_back"),
    ]
    suites = {
        path.parent.parent.name: json.loads(path.read_text())["suite"]
        for path in machine.site.glob("runs/*/*/report.json")
    }
    assert suites == {"p1": "one", "p2": "two", "p3": "one"}
    before = json.loads((machine.site / "runs/p2/diagnostics-1/files.json").read_text())
    assert before == all_of("BAD hello")
    assert last_words[:2] == ["test: suites/test_files.py::test_content[one]", "host: one"]


def test_a_change_of_config_alone_is_a_release_of_its_own(machine: Machine) -> None:
    machine.promote("--stage", "dev")
    machine.release(template="first", greeting="good evening")
    machine.promote("--stage", "dev")

    first, second = json.loads(machine.promote("releases", "-o", "json"))["releases"]
    assert (first["code"] == second["code"], first["config"] == second["config"]) == (True, False)
    assert "greeting" in machine.promote("diff", "r1", "r2")


def test_the_release_and_not_the_checkout_is_what_runs(machine: Machine) -> None:
    machine.promote("--stage", "dev")
    machine.release(template="second", greeting="hello")
    (machine.repository / "stages/__main__.py").write_text("raise SystemExit('the checkout ran')")
    machine.promote("--stage", "staging", "--release", "r1")

    assert machine.world("staging") == all_of("first hello")


def test_a_plan_changes_nothing(machine: Machine) -> None:
    machine.promote("plan", "--stage", "dev")

    assert not (machine.site / "ledger.sqlite").exists()
    assert not (machine.site / "releases").exists()


def test_a_plan_in_a_file_is_promoted_as_it_was_seen_or_not_at_all(machine: Machine, tmp_path: Path) -> None:
    first, second = str(tmp_path / "first.json"), str(tmp_path / "second.json")
    machine.promote("plan", "--stage", "dev", "--out", first)
    machine.promote("--plan", first)
    assert machine.world("dev") == all_of("first hello"), "the checkout's plan is that of its release"

    place = machine.site / "world" / "dev"
    (place / "one").write_text("by hand")
    machine.promote("plan", "--stage", "dev", "--out", second)
    (place / "two").write_text("by hand")
    drifted = machine.world("dev")
    machine.promote("--plan", second, code=9)
    assert "this is not the plan that was asked for" in machine.err
    assert machine.world("dev") == drifted

    (place / "two").write_text("first hello")
    machine.promote("--plan", second)
    assert machine.world("dev") == all_of("first hello")


def test_a_promote_killed_with_9_goes_on_at_once_and_ends_where_it_would_have(machine: Machine) -> None:
    with machine.paused_at_step_two(stay=True) as process:
        process.kill()

    machine.promote("--stage", "dev", code=9)
    machine.promote("resume")

    assert machine.world("dev") == all_of("first hello")
    assert machine.history() == [("promote", "r1", "verified")]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_a_signal_lets_the_step_end_records_it_and_says_how_to_go_on(
    machine: Machine, number: int, code: int
) -> None:
    with machine.paused_at_step_two() as process:
        process.send_signal(number)
        _, err = process.communicate(timeout=60)

    assert process.returncode == code
    assert "promote resume --stage dev" in err
    assert machine.world("dev")["two"] == "first hello"
    assert json.loads(machine.promote("status", "-o", "json"))["stages"][0]["locked"] is None
    machine.promote("resume")
    assert machine.history() == [("promote", "r1", "verified")]


def test_a_second_signal_kills_the_step_which_is_then_done_again(machine: Machine) -> None:
    with machine.paused_at_step_two(stay=True) as process:
        process.send_signal(signal.SIGTERM)
        for line in process.stderr:
            if "send it again to kill them" in line:
                break
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)

    assert process.returncode == 143
    assert "two" not in machine.world("dev")
    machine.promote("resume")
    assert machine.world("dev") == all_of("first hello")


def test_a_terminal_that_goes_away_sends_two_signals_and_kills_nothing(machine: Machine) -> None:
    with machine.paused_at_step_two(stay=True) as process:
        for said in ("SIGHUP: finishing the steps that run; send SIGTERM to kill them", None):
            process.send_signal(signal.SIGHUP)
            while said and said not in process.stderr.readline():
                pass
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)

    assert process.returncode == 129


def stuffed_pipe() -> tuple[int, int]:
    """A pipe that is full: who writes to it waits until it is read."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write, b" " * select.PIPE_BUF)
    os.set_blocking(write, True)
    return read, write


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("repeat", ["1", "2"])
def test_a_signal_while_the_result_is_printed_changes_neither_the_result_nor_the_exit_code(
    machine: Machine, repeat: str, number: signal.Signals
) -> None:
    machine.promote("--stage", "dev")
    read, write = stuffed_pipe()
    argv = ("gate", "smoke", "--stage", "dev", "--repeat", repeat, "-o", "json")
    with machine.start(*argv, stdout=write) as process, os.fdopen(read) as stdout:
        os.close(write)
        told = iter(process.stderr.readline, "")
        assert any(f"p{int(repeat) + 1}: observed" in line for line in told)
        for _ in range(20):  # at any moment from the end of the attempt to where printing is stuck
            process.send_signal(number)
            time.sleep(0.05)
        document = json.loads(stdout.read())
        rest = process.stderr.read()

    assert (process.returncode, document["exit_code"]) == (0, 0)
    assert "interrupted" not in rest
    assert {outcome for _, _, outcome in machine.history()} == {"verified", "observed"}


def test_a_signal_that_was_to_be_ignored_is_ignored(machine: Machine) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as `nohup` does; children inherit it
    try:
        process = machine.paused_at_step_two()
    finally:
        signal.signal(signal.SIGHUP, before)
    process.send_signal(signal.SIGHUP)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 0, err


def no_reader() -> int:
    read, write = os.pipe()
    os.close(read)
    return write


def full_disk() -> int:
    return os.open("/dev/full", os.O_WRONLY)


@pytest.mark.parametrize("lost", [no_reader, full_disk])
@pytest.mark.parametrize("streams", [("stderr",), ("stdout",), ("stdout", "stderr")])
def test_a_run_whose_output_is_lost_ends_as_it_would_have(
    machine: Machine, streams: tuple[str, ...], lost: Callable[[], int]
) -> None:
    write = lost()
    process = machine.start("--stage", "dev", **dict.fromkeys(streams, write))
    os.close(write)
    out, err = process.communicate(timeout=120)

    assert process.returncode == 0, err
    assert machine.history() == [("promote", "r1", "verified")]
    if streams == ("stderr",):
        assert "verified" in out
    if streams == ("stdout",) and lost is full_disk:
        assert err.splitlines()[-1] == "the result of p1 could not be written: No space left on device"


def test_a_red_run_whose_output_is_lost_is_as_red(machine: Machine) -> None:
    machine.release(template="BAD", greeting="hello")
    write = no_reader()
    with machine.start("--stage", "dev", stdout=write, stderr=write) as process:
        os.close(write)

    assert process.returncode == 3


def test_abandoning_an_interrupted_attempt_rolls_the_stage_back(machine: Machine) -> None:
    machine.promote("--stage", "dev")
    machine.release(template="second", greeting="hello")
    with machine.paused_at_step_two() as process:
        process.terminate()
        process.communicate(timeout=60)
    machine.promote("abort")

    assert machine.world("dev") == all_of("first hello")


def test_a_changed_checkout_is_refused_and_named(machine: Machine) -> None:
    (machine.repository / "stages/template").write_text("by hand")
    machine.promote("--stage", "dev", code=2)

    assert "stages/template" in machine.err
    assert not (machine.site / "ledger.sqlite").exists()


def test_evidence_that_still_holds_is_not_made_again(machine: Machine, tmp_path: Path) -> None:
    machine.release(template="first", greeting="hello", telling=True)
    machine.promote("--stage", "dev")

    machine.promote("--stage", "dev", "--evidence-into", str(tmp_path / "evidence"))
    left = machine.site / "runs" / "p2" / "smoke-1"
    assert sorted(path.name for path in left.iterdir()) == ["reused.json", "roster.json"], (
        "no suite was started"
    )
    copied = json.loads((tmp_path / "evidence" / "p2" / "smoke-1" / "reused.json").read_text())
    assert copied["reused"] == {f"{name}/content": "p1" for name in ("one", "two", "three")}

    (machine.site / "world" / "dev" / "two").write_text("changed by hand")
    assert "smoke pass 3/3 (2 from p1)" in machine.promote("--stage", "dev")
    told = json.loads((machine.site / "runs" / "p3" / "smoke-1" / "roster.json").read_text())
    assert (told["partial"], [entry["host"] for entry in told["roster"]]) == (True, ["two"])
    shown = json.loads(machine.promote("show", "p3", "-o", "json"))["judgements"][0]
    assert shown["intact"] is True
    assert {row["check"]: row["ran_in"] for row in shown["checks"]} == {
        "one/content": "p1",
        "two/content": "p3",
        "three/content": "p1",
    }


def test_what_was_pruned_comes_back_by_pinning_it_again(machine: Machine) -> None:
    machine.promote("pin")
    machine.release(template="second", greeting="hello")
    machine.promote("--stage", "dev")
    assert "r1 (" in machine.promote("prune", "--keep", "0", "--yes")
    assert machine.promote("prune", "--keep", "0") == "there is nothing to remove\n"
    machine.promote("diff", "r1", "r2", code=2)
    assert "the release's copy is not in this site" in machine.err

    run(machine.repository, "checkout", "--quiet", "HEAD~")
    assert machine.promote("pin") == "r1\n"
    assert "1 commits" in machine.promote("diff", "r1", "r2")
    machine.promote("--stage", "dev", "--release", "r1")
