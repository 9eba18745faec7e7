"""Defects in a whole control plane: smoke is red at the check that is there for each, and for its reason."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from checkout import Checkout
from gate_by_hand import red, smoke
from health import await_health
from seeding import Defect, seeded, smoke_sees
from whole_defects import DEFECTS, ONE_CONDUCTOR, TOGETHER

STAGE = "staging"


def cases() -> Iterator[Any]:
    """The defects that are seeded at once: the rows, and each alone; CI has the time for the first row."""
    for number, (row, mark) in enumerate(
        zip(TOGETHER, (pytest.mark.lab, pytest.mark.prove, pytest.mark.prove), strict=True)
    ):
        yield pytest.param(row, marks=mark, id=f"row-{number}-of-{len(row)}-defects")
    yield from (pytest.param([defect], marks=pytest.mark.prove, id=defect.name) for defect in DEFECTS)


@pytest.mark.prove
def test_nova_conductor_dead_on_one_host_is_told_and_leaves_the_gate_green(
    whole: Checkout, tmp_path: Path
) -> None:
    with seeded(whole, STAGE, ONE_CONDUCTOR):
        checks = smoke(whole.target_path(STAGE), tmp_path)
    assert red(checks) == {}
    (said,) = [
        one["seen"] for one in checks if (one["component"], one["check"]) == ("nova-conductor", "some_serve")
    ]
    assert "NOT 1 of 2: compute-api-blue-2: " in said


@pytest.mark.parametrize("defects", list(cases()))
def test_defects_are_each_seen_by_their_own_checks(
    whole: Checkout, defects: Sequence[Defect], tmp_path: Path
) -> None:
    smoke_sees(defects, whole, STAGE, tmp_path)


@pytest.mark.prove
def test_the_stage_is_green_once_the_defects_are_out(whole: Checkout, tmp_path: Path) -> None:
    await_health(whole.target_path(STAGE))
    assert red(smoke(whole.target_path(STAGE), tmp_path)) == {}
