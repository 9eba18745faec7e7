"""Defects in a whole control plane: smoke is red at the check that is there for each, and for its reason."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from checkout import Checkout
from first_cause import smoke_sees
from gate_by_hand import red, smoke
from health import await_health
from seeded_figures import Figures, chosen, names_of
from seeding import Defect
from whole_defects import DEFECTS, TOGETHER

STAGE = "staging"


def cases() -> Iterator[Any]:
    """The defects that are seeded at once, and those that a person chose; CI has time for the first row."""
    yield pytest.param(TOGETHER[0], marks=pytest.mark.lab, id="in-ci")
    for number, row in enumerate(TOGETHER):
        yield pytest.param(row, marks=pytest.mark.prove, id=f"{number + 1}-{len(row)}-defects")
    for defect in chosen(DEFECTS):
        yield pytest.param([defect], marks=pytest.mark.prove, id=defect.name)


@pytest.fixture(scope="module")
def figures() -> Figures:
    return Figures()


@pytest.mark.parametrize("defects", list(cases()))
def test_defects_are_each_seen_by_their_own_checks(
    whole: Checkout, defects: Sequence[Defect], tmp_path: Path, figures: Figures
) -> None:
    figures.seen[names_of(defects)] = smoke_sees(defects, whole, STAGE, tmp_path)


@pytest.mark.prove
def test_the_stage_is_green_once_the_defects_are_out(whole: Checkout, tmp_path: Path) -> None:
    await_health(whole.target_path(STAGE))
    assert red(smoke(whole.target_path(STAGE), tmp_path)) == {}


@pytest.mark.prove
def test_the_figures_of_every_row_are_written_down(figures: Figures) -> None:
    figures.write("Defects of a whole control plane", TOGETHER)
