"""A probe that stands still while a fault stands costs a retake and no red, on a real stage."""

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import gate_by_hand
import pytest
from checkout import REPOSITORY, wait_until

pytestmark = pytest.mark.lab

NAME = "keystone_host_lost"
STOPPED_S = 4.0


def test_a_probe_that_was_stopped_is_measured_again_and_both_times_are_told(
    staging_target: Path, tmp_path: Path
) -> None:
    into = tmp_path / "into"
    asked = gate_by_hand.order("failover", staging_target, into, [("keystone", "host_lost")])
    with subprocess.Popen(asked, cwd=REPOSITORY, stdout=subprocess.DEVNULL) as gate:
        wait_until(
            lambda: bool(gate_by_hand.standing_faults(staging_target)) or gate.poll() is not None,
            180,
            "a fault stands",
        )
        assert gate.poll() is None, (into / "report.json").read_text()
        probe = writing(into / "raw" / NAME / "http-new.jsonl")
        os.kill(probe, signal.SIGSTOP)
        time.sleep(STOPPED_S)
        os.kill(probe, signal.SIGCONT)
        assert gate.wait(300) == 0
    (check,) = json.loads((into / "report.json").read_text())["checks"]
    assert check["outcome"] == "passed", check["seen"]
    (retake,) = check["retakes"]
    assert retake["evidence"] == f"traces/{NAME}"
    assert "of the requests that were due" in retake["why"]
    for name, verdict in ((NAME, "inconclusive"), (f"{NAME}_again", "passed")):
        assert json.loads((into / "traces" / name / "measures.json").read_text())["verdict"] == verdict
    assert f"{NAME}_again" in (into / "report.html").read_text()


def writing(path: Path) -> int:
    """The process that has a file open for writing."""
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and path.resolve() in opened(process):
            return int(process.name)
    raise AssertionError(f"nobody writes {path}")


def opened(process: Path) -> set[Path]:
    """The files that a process has open; none when it has ended."""
    found = set()
    with contextlib.suppress(OSError):
        for link in (process / "fd").iterdir():
            with contextlib.suppress(OSError):  # it was closed meanwhile
                found.add(link.readlink())
    return found
