import pytest

from suites.api.groups import judge, strays
from suites.api.stream import Ended, Status, Stream
from suites.seam.report import Outcome

CLASS = "tempest.api.x.Class"
A, B = f"{CLASS}.test_a", f"{CLASS}.test_b"
PASSED_A, PASSED_B = (Ended(test, "", Status.PASSED, "", 1.5) for test in (A, B))


def ended(test: str, status: Status, why: str, step: str = "") -> Ended:
    return Ended(test, step, status, why, 0.0)


SET_UP_SKIPPED = ended(CLASS, Status.SKIPPED, "no image service", "setUpClass")
SET_UP_FAILED = ended(CLASS, Status.FAILED, "Conflict", "setUpClass")
TEARDOWN_FAILED = ended(CLASS, Status.FAILED, "Conflict", "tearDownClass")


@pytest.mark.parametrize(
    ("said", "outcome", "seen"),
    [
        ([PASSED_A, PASSED_B], Outcome.PASSED, "2 tests passed in 3.0 s"),
        (
            [PASSED_A, ended(B, Status.FAILED, "Forbidden")],
            Outcome.FAILED,
            "1 of 2 failed: Class.test_b: Forbidden",
        ),
        ([PASSED_A], Outcome.INCONCLUSIVE, "Class.test_b"),
        ([PASSED_A, ended(B, Status.SKIPPED, "not today")], Outcome.INCONCLUSIVE, "Class.test_b"),
        ([PASSED_A, ended(B, Status.BEGUN, "its worker died")], Outcome.INCONCLUSIVE, "Class.test_b"),
        ([SET_UP_SKIPPED], Outcome.INCONCLUSIVE, "no image service"),
        ([PASSED_A, PASSED_B, SET_UP_FAILED], Outcome.FAILED, "setUpClass: Conflict"),
        ([PASSED_A, PASSED_B, TEARDOWN_FAILED], Outcome.FAILED, "tearDownClass: Conflict"),
    ],
)
def test_a_group_passes_when_each_of_its_tests_did_and_else_says_which_did_not(
    said: list[Ended], outcome: Outcome, seen: str
) -> None:
    judged = judge((A, B), Stream(tuple(said)))
    assert judged.outcome is outcome
    assert seen in judged.seen


def test_a_broken_stream_keeps_a_group_of_passed_tests_from_passing() -> None:
    judged = judge((A,), Stream((PASSED_A,), broken="it is broken off"))
    assert judged.outcome is Outcome.INCONCLUSIVE
    assert "it is broken off" in judged.seen


def test_a_group_without_tests_does_not_pass() -> None:
    assert judge((), Stream((PASSED_A,))).outcome is Outcome.INCONCLUSIVE


def test_a_failure_that_belongs_to_no_group_is_found() -> None:
    other = ended("tempest.api.y.Class.test_z", Status.FAILED, "")
    of_class = ended("tempest.api.y.Class", Status.FAILED, "", "tearDownClass")
    assert strays((A,), Stream((PASSED_A, other, of_class, SET_UP_FAILED))) == (
        "tearDownClass tempest.api.y.Class",
        "test tempest.api.y.Class.test_z",
    )
