"""The plans of the board: which command makes them, with which environment, and what comes of its answer."""

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from programs import executable

from pipeline.bootstrap import planning
from pipeline.bootstrap.planning import PlanRuns
from pipeline.bootstrap.server_secrets import without
from pipeline.core.errors import ChildCrashed, NotEligible, TryAgain

Program = Callable[[str], None]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """What stands for Python in the command: a script with this body."""
    python = sys.executable

    def write(body: str) -> None:
        made = executable(tmp_path / "python", f"#!{python}\nimport json, os, sys, time\n{body}\n")
        monkeypatch.setattr(sys, "executable", str(made))

    return write


def test_a_plan_is_what_a_person_would_type_and_without_the_secrets_of_the_server(
    program: Program, tmp_path: Path
) -> None:
    program('print(json.dumps({"digest": "d", "argv": sys.argv[1:], "names": sorted(os.environ)}))')
    environment = without(
        {"PATH": "/usr/bin", "OAUTH": "a", "HOOK": "b"}, ["env:OAUTH", "env:HOOK", "file:/PATH"]
    )

    found = PlanRuns(tmp_path, environment)("abc", "prod")

    plan = ["-o", "json", "plan", "--stage", "prod", "--release", "abc", "--site", str(tmp_path)]
    assert found["argv"] == ["-P", "-m", "pipeline.cli", *plan]
    assert "PATH" in found["names"]
    assert not {"OAUTH", "HOOK"} & set(found["names"])


def test_a_plan_that_may_not_go_is_one(program: Program, tmp_path: Path) -> None:
    program('print(json.dumps({"digest": "d", "refusals": ["no"], "exit_code": 9})); sys.exit(9)')

    assert PlanRuns(tmp_path, {})("abc", "prod")["refusals"] == ["no"]


def test_what_the_command_says_is_told(program: Program, tmp_path: Path) -> None:
    error = {"what": "no host answers", "where": "dev", "why": "", "next": "promote doctor"}
    program(f"print(json.dumps({{'error': {json.dumps(error)}, 'exit_code': 9}})); sys.exit(9)")

    with pytest.raises(NotEligible) as told:
        PlanRuns(tmp_path, {})("abc", "prod")
    assert told.value.lines() == ("no host answers", "where: dev", "next: promote doctor")


@pytest.mark.parametrize("body", ["sys.exit(3)", "print('[]'); sys.exit(3)", "print('{'); sys.exit(3)"])
def test_a_command_without_a_document_is_told_with_its_status(
    program: Program, tmp_path: Path, body: str
) -> None:
    program(body)

    with pytest.raises(ChildCrashed) as told:
        PlanRuns(tmp_path, {})("abc", "prod")
    assert "status 3" in told.value.why
    assert told.value.next == "promote plan --stage prod --release abc"


def test_a_command_that_does_not_end_is_ended(program: Program, tmp_path: Path) -> None:
    program("time.sleep(600)")

    with pytest.raises(TryAgain, match="no plan was made within"):
        PlanRuns(tmp_path, {}, within_s=0.5)("abc", "prod")


def test_one_that_does_not_heed_the_signal_is_killed_with_what_it_began(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "_ORDERLY_S", 0.5)
    # The child of it holds its output, too.
    program(
        "import signal, subprocess; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "subprocess.Popen((sys.executable, '-c', 'import time; time.sleep(600)')); time.sleep(600)"
    )

    with pytest.raises(TryAgain, match="no plan was made within"):
        PlanRuns(tmp_path, {}, within_s=1.0)("abc", "prod")


def test_a_server_that_stops_ends_the_plan_that_is_made_and_begins_no_other(
    program: Program, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    program(f"open({str(begun)!r}, 'w').close(); time.sleep(600)")
    runs, ended = PlanRuns(tmp_path, {}), []

    def make() -> None:
        with pytest.raises(ChildCrashed) as told:
            runs("abc", "prod")
        ended.append(told.value.why)

    thread = threading.Thread(target=make)
    thread.start()
    while not begun.exists():
        assert thread.is_alive()
    runs.stop()
    thread.join(30)

    assert ended == ["it ended with status -15 and without a document"]
    with pytest.raises(TryAgain, match="the server stops"):
        runs("abc", "prod")
