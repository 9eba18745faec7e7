"""What every Gates must do: the fake that other tests stand on, and the real one on a child process."""

from pathlib import Path

import pytest
from release_programs import CONTEXT, Release

from pipeline.core.judgement import judge
from pipeline.core.plan import Roster, RosterEntry
from pipeline.core.verdict import Evidence, Verdict
from pipeline.ports import Gates, Target
from pipeline.testing import FakeGates, Quiet

ENTRIES = (RosterEntry("galera", "database-1", "healthy"), RosterEntry("keepalived", "-", "vip_answers"))
# Silent for longer than a busy machine takes to start a child: the limit counts from there.
ROSTER = Roster(ENTRIES, 5, "d1")
# What the real suite does: each check is in the report when its line is written, and then it ends somehow.
PROGRAM = """
import signal
class Ended(BaseException): pass
def asked(*_):
    raise Ended
signal.signal(signal.SIGTERM, asked)
checks = []
def report(complete):
    document = {{"protocol": 1, "gate": "smoke", "complete": complete, "checks": checks}}
    (into / "report.json").write_text(json.dumps(document))
report(False)
for entry in {entries!r}:
    seen = "the thing was {outcome}"
    checks.append(dict(entry, outcome={outcome!r}, seen=seen, test="t.py::t", seconds=0))
    report(False)
    print(json.dumps(dict(entry, event="check", outcome={outcome!r}, seen=seen)), flush=True)
if {breaks!r} == "crash":
    os.kill(os.getpid(), 9)
if {breaks!r} == "silence":
    time.sleep(600)
report(True)
print(json.dumps({{"event": "result", "protocol": 1}}))
"""


class Played:
    """Either of the two, told how its suite goes: "passed", "crash", "failed, then silence"."""

    def __init__(self, kind: str, tmp_path: Path) -> None:
        self.told = Quiet()
        self._kind = kind
        self._folder = tmp_path

    def __call__(self, answer: str) -> Evidence:
        into = self._folder / "runs" / "smoke-1"
        target = Target(self._folder / "target.json")
        return judge("smoke", ROSTER, self._gates(answer).run(CONTEXT, "smoke", target, ROSTER, into))

    def _gates(self, answer: str) -> Gates:
        if self._kind == "fake":
            return FakeGates({"smoke": answer}, notifier=self.told)
        release = Release(self._folder)
        release.told = self.told
        breaks = answer.rpartition(", then ")[2] if answer.endswith(("crash", "silence")) else ""
        outcome = answer.partition(", then ")[0]
        entries = [{"component": e.component, "host": e.host, "check": e.check} for e in ENTRIES]
        ended = entries if not breaks else entries[:1] if outcome != breaks else []
        return release.suites(PROGRAM.format(entries=ended, outcome=outcome, breaks=breaks))


@pytest.fixture(params=["fake", "real"])
def play(request: pytest.FixtureRequest, tmp_path: Path) -> Played:
    return Played(request.param, tmp_path)


@pytest.mark.parametrize(
    ("answer", "verdict", "passed"),
    [
        ("passed", Verdict.PASS, 2),
        ("failed", Verdict.FAIL, 0),
        ("error", Verdict.FAIL, 0),
        ("inconclusive", Verdict.INCONCLUSIVE, 0),
        ("skipped", Verdict.INCONCLUSIVE, 0),
        ("crash", Verdict.INCONCLUSIVE, 0),
        ("passed, then crash", Verdict.INCONCLUSIVE, 1),
        ("failed, then crash", Verdict.FAIL, 0),
        ("silence", Verdict.INCONCLUSIVE, 0),
        ("passed, then silence", Verdict.INCONCLUSIVE, 1),
        ("failed, then silence", Verdict.FAIL, 0),
    ],
)
def test_a_suite_is_judged_by_the_checks_that_ended(
    play: Played, answer: str, verdict: Verdict, passed: int
) -> None:
    evidence = play(answer)

    assert (evidence.verdict, evidence.passed, evidence.wanted) == (verdict, passed, 2), evidence.findings


KILLED = ("smoke", "the suite was killed by signal 9")
TERMINATED = ("smoke", "no sign of life for 5 s: the suite was terminated")
NOT_RUN = ("vip_answers", "the roster asks for this check, and it was not run")


@pytest.mark.parametrize(
    ("answer", "findings"),
    [
        ("passed, then crash", [KILLED, NOT_RUN]),
        ("passed, then silence", [TERMINATED, NOT_RUN]),
        ("failed, then crash", [("healthy", "the thing was failed"), KILLED, NOT_RUN]),
    ],
)
def test_a_failed_check_comes_first_then_what_ended_the_suite_then_what_was_not_run(
    play: Played, answer: str, findings: list[tuple[str, str]]
) -> None:
    assert [(finding.check, finding.seen) for finding in play(answer).findings] == findings


def test_checks_are_told_as_they_end_and_how_many_of_all_there_were(play: Played) -> None:
    play("failed")

    assert play.told.messages == [
        "database-1: galera/healthy failed: the thing was failed",
        "-: keepalived/vip_answers failed: the thing was failed",
    ]
    assert [(check.gate, check.done, check.wanted) for check in play.told.checks] == [
        ("smoke", 1, 2),
        ("smoke", 2, 2),
    ]
