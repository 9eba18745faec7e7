"""No fault is made that would take the quorum of what it is made on."""

import pytest

from suites.faults.guard import Quorum, outnumbering


@pytest.mark.parametrize(
    ("quorum", "healthy", "refused"),
    [
        (Quorum.MAJORITY, ("a", "b", "c"), False),
        (Quorum.MAJORITY, ("a", "b"), True),
        (Quorum.ONE, ("a", "b"), False),
        (Quorum.ONE, ("a",), True),
    ],
)
def test_a_fault_that_would_take_the_quorum_is_refused(
    quorum: Quorum, healthy: tuple[str, ...], *, refused: bool
) -> None:
    assert (outnumbering("galera", quorum, ("a",), healthy, 3) is not None) is refused


def test_all_hosts_that_are_lost_together_count() -> None:
    problem = outnumbering("galera", Quorum.MAJORITY, ("a", "b"), ("a", "b", "c"), 3)
    assert problem == "without a, b 1 of 3 hosts of galera would be left, and it needs 2"
