"""Defects in a standing stage: each turns the smoke gate red, at the check that is there for it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from checkout import BALANCERS, Checkout
from defects import DEFECTS, IN_CI, rows
from first_cause import smoke_sees
from gate_by_hand import red, smoke
from health import await_health
from seeded_figures import Figures, chosen, names_of
from seeding import Defect

STAGE = "staging"


def cases() -> Iterator[Any]:
    """The names of defects that are seeded at once: row by row, and those that a person chose."""
    names = [[defect.name for defect in row] for row in rows(*BALANCERS)]  # the same whoever holds the VIP
    for number, row in enumerate(names):
        if number < IN_CI:
            yield pytest.param(row, marks=pytest.mark.lab, id=f"row-{number}")
        yield pytest.param(row, marks=pytest.mark.prove, id=f"{number + 1}-{len(row)}-defects")
    yield from (pytest.param([one.name], marks=pytest.mark.prove, id=one.name) for one in chosen(DEFECTS))


@pytest.fixture(scope="module")
def figures() -> Figures:
    return Figures()


@pytest.fixture
def defects(shared: Checkout) -> dict[str, Defect]:
    """The defects by name, for who holds the VIP now."""
    return {defect.name: defect for row in rows(*as_held(shared)) for defect in row}


def as_held(shared: Checkout) -> tuple[str, str]:
    """The load balancer that holds the VIP now, and the other."""
    holder = shared.holder_of_the_vip(STAGE)
    (standby,) = {*BALANCERS} - {holder}
    return holder, standby


@pytest.mark.parametrize("names", list(cases()))
def test_defects_are_each_seen_by_their_own_checks(
    shared: Checkout, defects: dict[str, Defect], names: list[str], tmp_path: Path, figures: Figures
) -> None:
    row = tuple(defects[name] for name in names)
    figures.seen[names_of(row)] = smoke_sees(row, shared, STAGE, tmp_path)


@pytest.mark.lab
def test_the_stage_is_green_once_the_defects_are_out(staging_target: Path, tmp_path: Path) -> None:
    await_health(staging_target)
    assert red(smoke(staging_target, tmp_path)) == {}


@pytest.mark.prove
def test_the_figures_of_every_row_are_written_down(figures: Figures) -> None:
    figures.write("Defects of a small stage", rows(*BALANCERS))
