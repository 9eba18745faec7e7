"""Every way of being not green."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.judgement import SuiteRun, judge, unjudged
from pipeline.core.plan import Roster, RosterEntry
from pipeline.core.reliance import Reliance
from pipeline.core.verdict import Verdict, worst

HEALTHY = RosterEntry("galera", "database-1", "healthy")
ONE_HOLDER = RosterEntry("keepalived", "-", "exactly_one_holder")
ROSTER = Roster((HEALTHY, ONE_HOLDER), 60, "d")


def check(entry: RosterEntry, outcome: str = "passed", **more: object) -> dict:
    row = {"component": entry.component, "host": entry.host, "check": entry.check, "outcome": outcome}
    return {**row, "test": f"suites/x.py::{entry.check}", "seen": f"seen {outcome}", "seconds": 0.1, **more}


def report(*checks: object, **more: object) -> str:
    return json.dumps({"protocol": 1, "gate": "smoke", "complete": True, "checks": list(checks), **more})


def verdict(text: str | None, roster: Roster = ROSTER, broke: str | None = None) -> Verdict:
    return judge("smoke", roster, SuiteRun(text, broke)).verdict


GREEN = report(check(HEALTHY), check(ONE_HOLDER))


def test_all_of_the_roster_passed_is_a_pass() -> None:
    evidence = judge("smoke", ROSTER, SuiteRun(GREEN))

    assert (evidence.verdict, evidence.findings, evidence.passed, evidence.wanted) == (Verdict.PASS, (), 2, 2)


def test_checks_beside_the_roster_that_pass_do_no_harm() -> None:
    text = report(check(HEALTHY), check(ONE_HOLDER), check(RosterEntry("x", "y", "z")))
    assert verdict(text) is Verdict.PASS


@pytest.mark.parametrize(
    "told", [None, 7, [], {"hosts": {"galera": "database-1"}}, {"rests_on": {"galera": {"haproxy": "far"}}}]
)
def test_what_its_checks_rest_on_is_ignored_if_it_cannot_be_read(told: object) -> None:
    assert judge("smoke", ROSTER, SuiteRun(report(check(HEALTHY), check(ONE_HOLDER), reliance=told))) == (
        judge("smoke", ROSTER, SuiteRun(GREEN))
    )
    failed = judge("smoke", ROSTER, SuiteRun(report(check(HEALTHY, "failed"), reliance=told)))
    assert (failed.verdict, failed.reliance) == (Verdict.FAIL, Reliance())


@pytest.mark.parametrize(
    ("name", "text"),
    {
        "an entry is missing": report(check(HEALTHY)),
        "an entry is skipped": report(check(HEALTHY), check(ONE_HOLDER, "skipped")),
        "passed and skipped": report(check(HEALTHY), check(ONE_HOLDER), check(ONE_HOLDER, "skipped")),
        "all skipped": report(check(HEALTHY, "skipped"), check(ONE_HOLDER, "skipped")),
        "on another host": report(
            check(HEALTHY), check(RosterEntry("keepalived", "x", "exactly_one_holder"))
        ),
        "nothing collected": report(),
        "no report": None,
        "truncated": GREEN[:-20],
        "empty": "",
        "no object": "[]",
        "no checks": json.dumps({"protocol": 1, "gate": "smoke", "complete": True}),
        "not complete": report(check(HEALTHY), check(ONE_HOLDER), complete=False),
        "complete only in words": report(check(HEALTHY), check(ONE_HOLDER), complete="yes"),
        "another protocol": report(check(HEALTHY), check(ONE_HOLDER), protocol=2),
        "another gate's": report(check(HEALTHY), check(ONE_HOLDER), gate="failover"),
        "an unknown outcome": report(check(HEALTHY), check(ONE_HOLDER, "xpassed")),
        "a check that is no object": report(check(HEALTHY), check(ONE_HOLDER), "hello"),
        "a check without a host": report(check(HEALTHY), check(ONE_HOLDER, host=None)),
        "a check of strange outcome": report(
            check(HEALTHY), check(ONE_HOLDER), check(HEALTHY, outcome=["passed"])
        ),
    }.items(),
)
def test_what_proves_nothing_is_inconclusive(name: str, text: str) -> None:
    assert verdict(text) is Verdict.INCONCLUSIVE, name


@pytest.mark.parametrize("how", ["it took too long", "it was killed by signal 9"])
def test_a_suite_that_broke_is_inconclusive_even_with_a_green_report(how: str) -> None:
    assert verdict(GREEN, broke=how) is Verdict.INCONCLUSIVE


def test_an_empty_roster_is_inconclusive_even_when_all_passed() -> None:
    assert verdict(GREEN, Roster((), 60, "d")) is Verdict.INCONCLUSIVE


def test_a_partial_report_is_no_complaint_of_its_own_that_nothing_was_collected() -> None:
    evidence = judge("smoke", Roster((HEALTHY,), 60, "d"), SuiteRun(report(complete=False)))

    assert [finding.seen for finding in evidence.findings] == [
        "the report is partial: the suite did not finish",
        "the roster asks for this check, and it was not run",
    ]


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [("failed", Verdict.FAIL), ("error", Verdict.FAIL), ("inconclusive", Verdict.INCONCLUSIVE)],
)
@pytest.mark.parametrize("entry", [ONE_HOLDER, RosterEntry("not", "in the", "roster")])
def test_a_check_that_did_not_pass_counts_whether_the_roster_has_it_or_not_and_says_what_it_saw(
    entry: RosterEntry, outcome: str, verdict: Verdict
) -> None:
    bad = check(entry, outcome, seen="the fault did not bite")
    evidence = judge("smoke", ROSTER, SuiteRun(report(check(HEALTHY), check(ONE_HOLDER), bad)))
    assert evidence.verdict is verdict
    (finding,) = evidence.findings
    assert (finding.verdict, finding.host, finding.seen) == (verdict, entry.host, "the fault did not bite")
    assert finding.test == f"suites/x.py::{entry.check}"


def test_why_a_check_was_skipped_is_told() -> None:
    text = report(check(HEALTHY), check(ONE_HOLDER, "skipped", seen="the fault did not bite", test="t.py::t"))
    (finding,) = judge("smoke", ROSTER, SuiteRun(text)).findings
    assert finding.seen == "skipped, which proves nothing: the fault did not bite"
    assert finding.name() == "t.py::t"


def test_the_worst_finding_comes_first() -> None:
    text = report(check(HEALTHY, "inconclusive"), check(ONE_HOLDER, "failed"))
    findings = judge("smoke", ROSTER, SuiteRun(text)).findings
    assert [finding.verdict for finding in findings] == [Verdict.FAIL, Verdict.INCONCLUSIVE]


def test_what_was_measured_again_is_counted_and_changes_no_verdict() -> None:
    retakes = [{"why": "the baseline is short", "evidence": "traces/a"}]
    evidence = judge("smoke", ROSTER, SuiteRun(report(check(HEALTHY, retakes=retakes), check(ONE_HOLDER))))
    assert evidence.verdict is Verdict.PASS
    (retake,) = evidence.retakes
    assert (retake.check, retake.why, retake.evidence) == (HEALTHY.check, "the baseline is short", "traces/a")
    assert evidence.summary == "pass (1 retake)"


@pytest.mark.parametrize("retakes", [None, "three", [1], {}])
def test_retakes_that_make_no_sense_are_none(retakes: object) -> None:
    evidence = judge("smoke", ROSTER, SuiteRun(report(check(HEALTHY, retakes=retakes), check(ONE_HOLDER))))
    assert (evidence.retakes, evidence.summary) == ((), "pass")


def test_a_gate_that_could_not_start_is_inconclusive() -> None:
    assert unjudged("smoke", "no roster").verdict is Verdict.INCONCLUSIVE


def test_the_worst_verdict_wins_and_none_is_no_pass() -> None:
    assert worst([Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL]) is Verdict.FAIL
    assert worst([Verdict.PASS, Verdict.INCONCLUSIVE]) is Verdict.INCONCLUSIVE
    assert worst([Verdict.PASS]) is Verdict.PASS
    assert worst([]) is Verdict.INCONCLUSIVE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.one_of(st.text(), JSON.map(json.dumps), JSON.map(report)))
def test_no_text_whatsoever_crashes_the_judge_or_passes(text: str) -> None:
    assert verdict(text) is not Verdict.PASS
