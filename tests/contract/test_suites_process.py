"""What the engine may believe of a release's own suites: real children that behave and misbehave."""

import json
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest
from release_programs import CONTEXT, ROSTER, Release

from pipeline.adapters.ledger_sqlite import SqliteLedger
from pipeline.adapters.this_process import liveness, this_process
from pipeline.core.judgement import judge
from pipeline.core.plan import Roster
from pipeline.core.verdict import Evidence, Verdict
from pipeline.ports import Context, Target

REPORT = {
    "protocol": 1,
    "gate": "smoke",
    "complete": True,
    "checks": [
        {"component": "galera", "host": "database-1", "check": "healthy", "outcome": "passed", "seen": "ok"}
    ],
}


GREEN = (
    f"(into / 'report.json').write_text(json.dumps({REPORT!r}))\nprint(json.dumps({{'event': 'result'}}))\n"
)


def run_gate(release: Release, program: str, roster: Roster = ROSTER, context: Context = CONTEXT) -> Evidence:
    suites, target = release.suites(program), Target(release.site / "target.json")
    into = release.site / "runs/p7/smoke-1"
    return judge("smoke", roster, suites.run(context, "smoke", target, roster, into))


def test_a_gate_whose_every_check_passed_passes(release: Release) -> None:
    evidence = run_gate(release, GREEN)

    assert (evidence.verdict, evidence.passed, evidence.wanted) == (Verdict.PASS, 1, 1)
    roster = json.loads((release.site / "runs/p7/smoke-1/roster.json").read_text())
    assert roster["roster"] == [{"component": "galera", "host": "database-1", "check": "healthy"}]


def test_a_suite_is_told_the_lease_of_the_run_that_starts_it(release: Release) -> None:
    ledger = SqliteLedger(release.site, now=time.time, holder=this_process(), liveness=liveness)
    lease = ledger.acquire(CONTEXT.stage, "p7", 60)
    run_gate(release, GREEN, context=replace(CONTEXT, token=lease.token))
    told = json.loads((release.site / "runs/p7/smoke-1/roster.json").read_text())["lease"]
    assert told["token"] == lease.token
    assert json.loads(Path(told["file"]).read_text()) == {"token": lease.token}

    run_gate(release, GREEN, context=replace(CONTEXT, token=None))
    assert "lease" not in json.loads((release.site / "runs/p7/smoke-1/roster.json").read_text())


def test_a_suite_is_told_when_checks_of_its_gate_are_left_out(release: Release) -> None:
    written = release.site / "runs/p7/smoke-1/roster.json"
    run_gate(release, GREEN)
    assert "partial" not in json.loads(written.read_text())

    run_gate(release, GREEN, replace(ROSTER, partial=True))
    assert json.loads(written.read_text())["partial"] is True


def test_what_is_not_run_is_written_down_with_who_ran_it(release: Release, tmp_path: Path) -> None:
    into = tmp_path / "runs" / "p8" / "smoke-1"
    release.suites(GREEN).take("smoke", ROSTER, {"galera/healthy": "p7"}, into)

    assert json.loads((into / "reused.json").read_text())["reused"] == {"galera/healthy": "p7"}
    assert json.loads((into / "roster.json").read_text())["roster"][0]["component"] == "galera"


def test_an_exit_code_alone_decides_nothing(release: Release) -> None:
    silent = run_gate(release, "print(json.dumps({'event': 'result'}))")
    assert silent.verdict is Verdict.INCONCLUSIVE
    assert run_gate(release, GREEN + "sys.exit(1)").verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("sys.exit(2)", "crashed"),
        ("os.kill(os.getpid(), 11)", "signal 11"),
        (
            "(into / 'report.json').write_text('{\"protoc')\nprint(json.dumps({'event': 'result'}))",
            "truncated",
        ),
        (GREEN.replace("print", "str") + "os.kill(os.getpid(), 9)", "signal 9"),
    ],
)
def test_a_suite_that_breaks_is_inconclusive(release: Release, program: str, said: str) -> None:
    evidence = run_gate(release, program)

    assert evidence.verdict is Verdict.INCONCLUSIVE
    assert said in evidence.findings[0].seen


SPEAKING = """
for _ in range(12):
    time.sleep(0.5)
    print(json.dumps({'event': 'progress', 'message': 'on it'}), flush=True)
"""


def test_a_suite_that_tells_what_it_does_is_given_its_time(release: Release) -> None:
    assert run_gate(release, SPEAKING + GREEN, Roster(ROSTER.entries, 4, "d1")).verdict is Verdict.PASS


def test_a_suite_that_speaks_for_ever_is_ended_too(release: Release) -> None:
    speaking = "import itertools\n" + SPEAKING.replace("range(12)", "itertools.count()")
    evidence = run_gate(release, speaking, Roster(ROSTER.entries, 2, "d1"))

    assert evidence.verdict is Verdict.INCONCLUSIVE
    assert evidence.findings[0].seen == "the suite did not end within 20 s and was terminated"


def test_a_suite_that_is_ended_undoes_what_it_did_before_it_is_killed(release: Release) -> None:
    undoing = """
    import signal
    def undo(*_):
        time.sleep(1)
        (into / 'undone').touch()
        sys.exit(1)
    signal.signal(signal.SIGTERM, undo)
    time.sleep(600)
    """
    run_gate(release, textwrap.dedent(undoing), Roster(ROSTER.entries, 2, "d1"))

    assert (release.site / "runs/p7/smoke-1/undone").exists()


def test_what_a_suite_says_is_shown_and_kept_as_evidence(release: Release) -> None:
    line = {"event": "progress", "message": "half way", "host": "database-1"}
    run_gate(release, f"print(json.dumps({line!r}))\nsys.stderr.write('a traceback')\n" + GREEN)

    assert release.told.messages == ["database-1: half way"]
    assert "a traceback" in (release.site / "runs/p7/smoke-1/output.log").read_text()
