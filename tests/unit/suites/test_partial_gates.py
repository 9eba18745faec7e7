"""A gate of which only some checks are to be run runs those alone, and does nothing for the others."""

from pathlib import Path

from suites_sample import REPOSITORY, Ran, Sample

from pipeline.core.judgement import SuiteRun, judge
from pipeline.core.plan import Roster, RosterEntry
from pipeline.core.verdict import Verdict

GENERIC = "def test_here(component, host): pass\ndef test_once(component): pass\n"
ASKING = """
from pathlib import Path
from suites.harness.errands import begins
from suites.harness.gathering import asks, asks_last

@asks("echo one >> $ASKED")
def test_one(host): pass

@asks("echo other >> $ASKED")
def test_other(host): pass

@asks_last("echo last >> $ASKED")
def test_last(host): pass

@begins(lambda at: Path(at.target.clouds).with_name("begun").touch())
def test_begun(begun): begun()
"""
# Tempest itself is not run; the file has the names of the tests that would be.
TEMPEST = """
from suites.api import fixtures
from suites.api.session import Told
from suites.api.stream import Ended, Status, Stream
def asked(tests, clients, into, progress, so_far):
    (into / "tests").write_text(" ".join(tests))
    return Told(Stream(tuple(Ended(test, "", Status.PASSED, "", 1.0) for test in tests)), 1.0, 1.0)
fixtures.ask_tempest = asked
"""


def run(sample: Sample, gate: str, *checks: str, partial: bool = True) -> Ran:
    """Run the gate for these checks, each `component/host/check`."""
    entries = [dict(zip(("component", "host", "check"), check.split("/"), strict=True)) for check in checks]
    return sample.gate(gate, roster=entries, **({"partial": True} if partial else {}))


def test_only_the_checks_of_the_roster_run_on_all_their_hosts_and_the_report_is_complete(
    sample: Sample,
) -> None:
    sample.write("smoke/test_smoke.py", GENERIC)
    sample.write("components/left/test_smoke.py", "def test_own(): pass\n")
    wanted = ("left/database-1/here", "left/database-2/here", "right/-/once")
    ran = run(sample, "smoke", *wanted)
    assert ran.status == 0, ran.stderr
    assert ran.outcomes == dict.fromkeys(wanted, "passed")
    assert ran.report["complete"] is True
    roster = Roster(tuple(RosterEntry(*check.split("/")) for check in wanted), 60, "digest")
    text = (ran.into / "report.json").read_text()
    assert judge("smoke", roster, SuiteRun(text)).verdict is Verdict.PASS


def test_one_host_of_a_check_in_the_roster_is_enough_for_it_to_run_on_all(sample: Sample) -> None:
    sample.write("smoke/test_smoke.py", GENERIC)
    assert set(run(sample, "smoke", "left/database-2/here").outcomes) == {
        "left/database-1/here",
        "left/database-2/here",
    }


def test_a_roster_that_is_not_partial_leaves_no_check_out(sample: Sample) -> None:
    sample.write("smoke/test_smoke.py", GENERIC)
    assert len(run(sample, "smoke", "right/-/once", partial=False).outcomes) == 5


def test_a_check_of_a_partial_roster_that_is_red_is_in_the_report(sample: Sample) -> None:
    sample.write("components/left/test_smoke.py", "def test_own(): assert 1 == 2, 'no'\ndef test_b(): pass\n")
    assert run(sample, "smoke", "left/-/own").outcomes == {"left/-/own": "failed"}


def test_nothing_is_gathered_or_begun_for_checks_that_do_not_run(sample: Sample, ssh_calls: Path) -> None:
    asked = sample.code / "asked"
    text = ASKING.replace("$ASKED", str(asked))
    sample.write("components/right/test_smoke.py", text)
    assert run(sample, "smoke", "right/database-1/one").status == 0
    assert asked.read_text().split() == ["one"]
    assert len(ssh_calls.read_text().split()) == 1
    assert not (sample.code / "begun").exists()
    run(sample, "smoke", "right/database-1/last", "right/-/begun")
    assert asked.read_text().split() == ["one", "last"]
    assert (sample.code / "begun").exists()


def test_tempest_runs_only_the_tests_of_the_groups_that_are_asked_for(sample: Sample) -> None:
    sample.write("components/left/api.py", "GROUPS = {'one': ('t.C.a',), 'two': ('t.C.b', 't.C.c')}\n")
    sample.write("api/test_api.py", (REPOSITORY / "suites/api/test_api.py").read_text())
    sample.write("conftest.py", (REPOSITORY / "suites/conftest.py").read_text() + TEMPEST)
    ran = run(sample, "api", "left/-/two")
    assert ran.outcomes == {"left/-/two": "passed"}, ran.stderr
    assert (ran.into / "tests").read_text() == "t.C.b t.C.c"
    run(sample, "api", "left/-/two", partial=False)
    assert (ran.into / "tests").read_text() == "t.C.a t.C.b t.C.c"
