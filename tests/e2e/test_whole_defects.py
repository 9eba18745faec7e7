"""Defects in a whole control plane: smoke is red at the check that is there for each, and for its reason."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gate_by_hand
import pytest
from checkout import Checkout
from gate_by_hand import Check
from health import await_health
from seeding import Defect, seed_and_judge, seeded
from whole_defects import DEFECTS, ONE_CONDUCTOR, TOGETHER

STAGE = "staging"

Gate = Callable[[], list[Check]]


def cases() -> Iterator[Any]:
    """The defects that are seeded at once: the rows, and each alone; CI has the time for the first row."""
    for row, mark in zip(TOGETHER, (pytest.mark.lab, pytest.mark.prove), strict=True):
        yield pytest.param(row, marks=mark, id=f"{len(row)}-defects")
    yield from (pytest.param([defect], marks=pytest.mark.prove, id=defect.name) for defect in DEFECTS)


@pytest.fixture
def gate(whole: Checkout, tmp_path: Path) -> Gate:
    return partial(gate_by_hand.smoke, whole.target_path(STAGE), tmp_path)


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


@pytest.mark.parametrize("defects", list(cases()))
def test_defects_are_each_seen_by_their_own_checks(
    whole: Checkout, gate: Gate, defects: Sequence[Defect]
) -> None:
    seed_and_judge(whole, STAGE, defects, gate)


@pytest.mark.prove
def test_the_stage_is_green_once_the_defects_are_out(whole: Checkout, gate: Gate) -> None:
    await_health(whole.target_path(STAGE))
    assert gate_by_hand.red(gate()) == {}
