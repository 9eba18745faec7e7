import pytest

from suites.api.groups import judge, strays
from suites.api.stream import Ended, Status, Stream
from suites.seam.report import Outcome

CLASS = "tempest.api.x.Class"
A, B = f"{CLASS}.test_a", f"{CLASS}.test_b"
PASSED_A, PASSED_B = (Ended(test, "", Status.PASSED, "", 1.5) for test in (A, B))


def test_a_group_passes_when_each_of_its_tests_did() -> None:
    said = judge((A, B), Stream((PASSED_A, PASSED_B)))
    assert said.outcome is Outcome.PASSED
    assert said.seen == "2 tests passed in 3.0 s"


def test_one_failed_test_fails_its_group_and_is_named_with_its_reason() -> None:
    said = judge((A, B), Stream((PASSED_A, Ended(B, "", Status.FAILED, "Forbidden", 0.1))))
    assert said.outcome is Outcome.FAILED
    assert said.seen == "1 of 2 failed: Class.test_b: Forbidden"


@pytest.mark.parametrize(
    "second",
    [
        (),
        (Ended(B, "", Status.SKIPPED, "not today", 0.0),),
        (Ended(B, "", Status.BEGUN, "its worker died", 0.0),),
    ],
    ids=["not seen", "skipped", "worker died"],
)
def test_a_test_that_did_not_come_to_its_end_keeps_its_group_from_passing(second: tuple[Ended, ...]) -> None:
    said = judge((A, B), Stream((PASSED_A, *second)))
    assert said.outcome is Outcome.INCONCLUSIVE
    assert "Class.test_b" in said.seen


def test_a_skipped_class_leaves_all_its_groups_unproved() -> None:
    said = judge((A, B), Stream((Ended(CLASS, "setUpClass", Status.SKIPPED, "no image service", 0.0),)))
    assert said.outcome is Outcome.INCONCLUSIVE
    assert "no image service" in said.seen


@pytest.mark.parametrize("step", ["setUpClass", "tearDownClass"])
def test_a_class_that_could_not_be_set_up_or_torn_down_fails_its_groups(step: str) -> None:
    said = judge((A,), Stream((PASSED_A, Ended(CLASS, step, Status.FAILED, "Conflict", 0.0))))
    assert said.outcome is Outcome.FAILED
    assert f"{step}: Conflict" in said.seen


def test_a_broken_stream_keeps_a_group_of_passed_tests_from_passing() -> None:
    said = judge((A,), Stream((PASSED_A,), broken="it is broken off"))
    assert said.outcome is Outcome.INCONCLUSIVE
    assert "it is broken off" in said.seen


def test_a_group_without_tests_does_not_pass() -> None:
    assert judge((), Stream((PASSED_A,))).outcome is Outcome.INCONCLUSIVE


def test_a_failure_that_belongs_to_no_group_is_found() -> None:
    other = Ended("tempest.api.y.Class.test_z", "", Status.FAILED, "", 0.0)
    of_class = Ended("tempest.api.y.Class", "tearDownClass", Status.FAILED, "", 0.0)
    own = Ended(CLASS, "setUpClass", Status.FAILED, "", 0.0)
    assert strays((A,), Stream((PASSED_A, other, of_class, own))) == (
        "tearDownClass tempest.api.y.Class",
        "test tempest.api.y.Class.test_z",
    )
