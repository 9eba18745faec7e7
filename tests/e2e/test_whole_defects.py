"""Defects in a whole control plane: smoke is red at the check that is there for each, and for its reason."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import gate_by_hand
import pytest
from checkout import Checkout
from gate_by_hand import Check
from health import await_health
from seeding import Defect, judge, seeded
from whole_defects import DEFECTS, ONE_CONDUCTOR, TOGETHER

STAGE = "staging"

Gate = Callable[[], list[Check]]


def rows() -> Iterator[Any]:
    """The rows. The second is left to `make prove`, for its time; each defect is tried alone there, too."""
    for row, mark in zip(TOGETHER, (pytest.mark.lab, pytest.mark.prove), strict=True):
        yield pytest.param(row, marks=mark)


@pytest.fixture
def gate(whole: Checkout, tmp_path: Path) -> Gate:
    """Run the smoke gate on the stage as if it had been deployed now; return what it says of each check."""

    def run() -> list[Check]:
        target = gate_by_hand.deployed_now(whole.site / "stages" / STAGE / "target.json", tmp_path)
        return gate_by_hand.run(gate_by_hand.order("smoke", target, tmp_path / "into"), tmp_path / "into")

    return run


@pytest.mark.prove
def test_nova_conductor_dead_on_one_host_is_told_and_leaves_the_gate_green(
    whole: Checkout, gate: Gate
) -> None:
    with seeded(whole, STAGE, ONE_CONDUCTOR):
        checks = gate()
    assert gate_by_hand.red(checks) == {}
    (said,) = [
        one["seen"] for one in checks if (one["component"], one["check"]) == ("nova-conductor", "some_serve")
    ]
    assert "NOT 1 of 2: compute-api-blue-2: " in said


@pytest.mark.parametrize("defects", list(rows()), ids=lambda defects: f"{len(defects)}-defects")
def test_defects_at_once_are_each_seen_by_their_own_checks(
    whole: Checkout, gate: Gate, defects: Sequence[Defect]
) -> None:
    with ExitStack() as standing:
        for defect in defects:
            standing.enter_context(seeded(whole, STAGE, defect))
        judge(defects, gate())


@pytest.mark.prove
@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_alone_turns_the_gate_red_at_its_own_checks(
    whole: Checkout, gate: Gate, defect: Defect
) -> None:
    with seeded(whole, STAGE, defect):
        judge([defect], gate())


@pytest.mark.prove
def test_the_stage_is_green_once_the_defects_are_out(whole: Checkout, gate: Gate) -> None:
    await_health(whole.site / "stages" / STAGE / "target.json")
    assert gate_by_hand.red(gate()) == {}
