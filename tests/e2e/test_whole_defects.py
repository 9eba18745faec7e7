"""Defects in a whole control plane: smoke is red at the check that is there for each, and for its reason."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from checkout import Checkout
from gate_by_hand import red, smoke
from health import await_health
from seeding import Defect, smoke_sees
from whole_defects import DEFECTS, TOGETHER

STAGE = "staging"


def cases() -> Iterator[Any]:
    """The defects that are seeded at once: the rows, and each alone; CI has the time for the first row."""
    for number, row in enumerate(TOGETHER):
        mark = pytest.mark.prove if number else pytest.mark.lab
        yield pytest.param(row, marks=mark, id=f"{number + 1}-{len(row)}-defects")
    yield from (pytest.param([defect], marks=pytest.mark.prove, id=defect.name) for defect in DEFECTS)


@pytest.mark.parametrize("defects", list(cases()))
def test_defects_are_each_seen_by_their_own_checks(
    whole: Checkout, defects: Sequence[Defect], tmp_path: Path
) -> None:
    smoke_sees(defects, whole, STAGE, tmp_path)


@pytest.mark.prove
def test_the_stage_is_green_once_the_defects_are_out(whole: Checkout, tmp_path: Path) -> None:
    await_health(whole.target_path(STAGE))
    assert red(smoke(whole.target_path(STAGE), tmp_path)) == {}
