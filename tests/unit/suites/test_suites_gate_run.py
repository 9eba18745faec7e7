import hashlib

import pytest
from suites_sample import Sample

LEFT = "components/left/test_smoke.py"

MIXED = """
import pytest
from suites.harness.fixtures import inconclusive
def test_passes(host, seen) -> None:
    seen("all")
    seen("well")
def test_fails(seen) -> None:
    seen("noted before")
    assert 1 == 2, "one is\\nnot two"
def test_skips() -> None:
    pytest.skip("not today")
@pytest.mark.xfail
def test_expected_to_fail() -> None:
    assert False
def test_sees_too_little() -> None:
    inconclusive("two of five requests")
@pytest.fixture
def broken() -> None:
    raise RuntimeError("no ground")
def test_errs(broken) -> None:
    pass
@pytest.fixture
def falling() -> None:
    yield
    raise RuntimeError("fell down")
def test_falls(falling) -> None:
    pass
def test_prints(capfd) -> None:
    print("chatter")
"""


UNDOING = """
import os, signal, time
import pytest
@pytest.fixture
def fault(into):
    (into / "made").touch()
    yield
    os.kill(os.getpid(), signal.SIGTERM)  # somebody has no patience
    (into / "undone").touch()
def test_a(fault):
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)
"""


TOGETHER = """
import os, signal, time
import pytest
from suites.seam.report import Outcome
@pytest.fixture(scope="session")
def together(request, report_early):
    # What both wait for is known of the second one first, and of the first one wrongly.
    one, two, *_ = request.session.items
    report_early(two, Outcome.FAILED, "it broke")
    report_early(one, Outcome.PASSED, "so far")
    {then}
def test_one(together): assert 1 == 2, "it broke later"
def test_two(together): pytest.fail("it broke", pytrace=False)
def test_three(together): pass
"""


def test_every_outcome_is_reported_with_component_host_and_what_was_seen(sample: Sample) -> None:
    sample.write(LEFT, MIXED)
    ran = sample.gate()
    assert ran.status == 0
    assert ran.outcomes == {
        "left/database-1/passes": "passed",
        "left/database-2/passes": "passed",
        "left/-/fails": "failed",
        "left/-/skips": "skipped",
        "left/-/expected_to_fail": "skipped",
        "left/-/sees_too_little": "inconclusive",
        "left/-/errs": "error",
        "left/-/falls": "error",
        "left/-/prints": "passed",
    }
    assert ran.seen["passes"] == "all; well"
    assert ran.seen["fails"] == "one is; noted before"
    assert ran.seen["skips"] == "not today"
    assert ran.seen["sees_too_little"] == "two of five requests"
    assert ran.seen["errs"] == "RuntimeError: no ground"
    assert ran.seen["falls"] == "RuntimeError: fell down"


def test_a_long_check_tells_what_happens_before_it_ends(sample: Sample) -> None:
    sample.write(LEFT, "def test_long(progress):\n  progress('half way', 'database-1')\n")
    assert [(line["event"], line.get("message")) for line in sample.gate().lines] == [
        ("progress", "half way"),
        ("check", None),
        ("result", None),
    ]


def test_every_gate_goes_first(sample: Sample) -> None:
    """Seen: beside three busy stages, a smoke gate's client had not even started within its 20 s."""
    sample.write(
        LEFT,
        "from suites.harness.precedence import NICENESS, OWN\n"
        "def test_one():\n  assert OWN.read_text().split()[-1] == str(NICENESS)\n",
    )
    assert {check["outcome"] for check in sample.gate().report["checks"]} == {"passed"}


def test_retakes_and_what_faults_cost_are_in_the_report_and_retakes_in_the_line_too(sample: Sample) -> None:
    sample.write(
        LEFT,
        "from suites.seam.report import FaultCost, Retake\n"
        "def test_one(cost, retaken):\n"
        "  retaken(Retake('the window is empty', 'traces/left_one'))\n"
        "  cost(FaultCost('a', False, 'database-1', 'it died', 'passed', 1.5))\n",
    )
    ran = sample.gate()
    (check,) = ran.report["checks"]
    retakes = [{"why": "the window is empty", "evidence": "traces/left_one"}]
    assert ran.lines[0]["retakes"] == check["retakes"] == retakes
    (fault,) = check["faults"]
    assert (fault["fault"], fault["longest_gap_s"], fault["lost"]) == ("a", 1.5, 0)


def test_stdout_carries_one_line_a_check_and_the_result_last(sample: Sample) -> None:
    sample.write(LEFT, "def test_one(host, seen):\n  print('chatter'); seen('it')\n")
    ran = sample.gate()
    assert [(line["event"], line.get("host")) for line in ran.lines] == [
        ("check", "database-1"),
        ("check", "database-2"),
        ("result", None),
    ]
    assert ran.lines[0] == {
        "event": "check",
        "component": "left",
        "host": "database-1",
        "check": "one",
        "outcome": "passed",
        "seen": "it",
        "retakes": [],
    }
    assert "in the roster, but not seen: left · - · promised" in ran.stderr


def test_the_report_names_its_attachments_with_their_digests(sample: Sample) -> None:
    sample.write(LEFT, "def test_one(): pass\n")
    ran = sample.gate()
    report = ran.report
    assert report["complete"] is True
    assert report["protocol"] == 1
    assert report["gate"] == "smoke"
    assert report["started"] <= report["ended"]
    assert report["checks"][0]["test"] == "sample/components/left/test_smoke.py::test_one"
    assert [a["path"] for a in report["attachments"]] == ["junit.xml", "output.log"]
    for attachment in report["attachments"]:
        digest = hashlib.sha256((ran.into / attachment["path"]).read_bytes()).hexdigest()
        assert attachment["sha256"] == digest


def test_a_generic_check_runs_on_every_host_of_every_component_that_the_target_has(sample: Sample) -> None:
    sample.write(
        "smoke/test_smoke.py", "def test_here(component, host): pass\ndef test_once(component): pass\n"
    )
    sample.write("components/nowhere/test_smoke.py", "def test_never(host): pass\n")
    assert set(sample.gate().outcomes) == {
        "left/database-1/here",
        "left/database-2/here",
        "right/database-1/here",
        "left/-/once",
        "right/-/once",
    }


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("components/left/test_speed.py", "def test_x(): pass\n", "there is no gate 'speed'"),
        (
            "elsewhere/test_smoke.py",
            "def test_x(): pass\n",
            "stands in a component's folder or in its gate's",
        ),
        (LEFT, "import nothing_of_that_name\n", "nothing_of_that_name"),
        ("smoke/test_smoke.py", "def test_x(): pass\n", "a generic check takes the fixture `component`"),
    ],
)
def test_what_cannot_be_collected_is_an_error_in_the_report(
    sample: Sample, path: str, text: str, said: str
) -> None:
    sample.write("components/right/test_smoke.py", "def test_fine(): pass\n")
    sample.write(path, text)
    ran = sample.gate()
    errors = [check for check in ran.report["checks"] if check["outcome"] == "error"]
    assert [check["check"] for check in errors] == ["collection"]
    assert said in errors[0]["seen"]
    assert ran.outcomes["right/-/fine"] == "passed"


def test_a_gate_that_collects_nothing_reports_that_nothing_was_checked(sample: Sample) -> None:
    ran = sample.gate()
    assert ran.report["checks"] == []
    assert ran.report["complete"] is True


@pytest.mark.parametrize(
    "death",
    [
        "import os; os._exit(0)",
        "raise KeyboardInterrupt",
        "import pytest; pytest.exit('enough', 0)",
        "request.session.shouldstop = 'enough'",
        "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    ],
)
def test_a_session_that_did_not_end_whole_leaves_a_partial_report(sample: Sample, death: str) -> None:
    sample.write(
        LEFT,
        "def test_a(): pass\ndef test_b(): assert 1 == 2, 'one is not two'\n"
        f"def test_c(request): {death}\ndef test_d(): pass\n",
    )
    (sample.code / "into").mkdir()
    (sample.code / "into" / "report.json").write_text("of an earlier attempt")
    ran = sample.gate()
    assert ran.report["complete"] is False
    assert (ran.outcomes["left/-/a"], ran.outcomes["left/-/b"]) == ("passed", "failed")
    assert ran.seen["b"] == "one is not two"
    assert "left/-/d" not in ran.outcomes
    assert all(line["event"] == "check" for line in ran.lines)
    assert "test_a" in (ran.into / "output.log").read_text()
    if "_exit" not in death and "SIGKILL" not in death:
        assert ran.status == 1
        assert "did not end whole" in ran.stderr
        assert [found["path"] for found in ran.report["attachments"]] == ["junit.xml", "output.log"]


def test_what_is_known_before_its_turn_outlasts_an_end_before_it(sample: Sample) -> None:
    ended = "os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)"
    sample.write(LEFT, TOGETHER.format(then=ended))
    ran = sample.gate()
    assert ran.report["complete"] is False
    assert ran.outcomes == {"left/-/two": "failed", "left/-/one": "passed"}
    assert ran.seen["two"] == "it broke"


def test_what_a_check_says_in_its_turn_counts_and_is_told_where_it_is_news(sample: Sample) -> None:
    sample.write(LEFT, TOGETHER.format(then=""))
    ran = sample.gate()
    assert ran.report["complete"] is True
    assert ran.outcomes == {"left/-/one": "failed", "left/-/two": "failed", "left/-/three": "passed"}
    assert ran.seen["one"] == "it broke later"
    assert [(line.get("check"), line.get("outcome")) for line in ran.lines] == [
        ("two", "failed"),
        ("one", "passed"),
        ("one", "failed"),
        ("three", "passed"),
        (None, None),
    ]


def test_a_gate_that_is_ended_undoes_what_its_fixtures_did(sample: Sample) -> None:
    sample.write(LEFT, UNDOING)
    ran = sample.gate()
    assert ran.status == 1
    assert (ran.into / "undone").exists()


def test_a_death_before_the_first_check_leaves_no_older_report(sample: Sample) -> None:
    sample.write(LEFT, "import os\ndef test_a(): os._exit(0)\n")
    (sample.code / "into").mkdir()
    (sample.code / "into" / "report.json").write_text("of an earlier attempt")
    ran = sample.gate()
    assert (ran.report["complete"], ran.report["checks"]) == (False, [])


def test_a_check_that_ends_the_interpreter_only_fails_itself(sample: Sample) -> None:
    sample.write(LEFT, "def test_a(): raise SystemExit(0)\ndef test_b(): pass\n")
    assert sample.gate().outcomes == {"left/-/a": "failed", "left/-/b": "passed"}
