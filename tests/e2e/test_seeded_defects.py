"""Defects in a standing stage: each turns the smoke gate red, at the check that is there for it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from checkout import BALANCERS, Checkout
from defects import rows
from gate_by_hand import red, smoke
from health import await_health
from seeding import Defect, smoke_sees

STAGE = "staging"


def cases() -> Iterator[Any]:
    """The names of defects that are seeded at once: row by row, and for `make prove` each alone."""
    names = [[defect.name for defect in row] for row in rows(*BALANCERS)]  # the same whoever holds the VIP
    yield from (pytest.param(row, marks=pytest.mark.lab, id=f"row-{n}") for n, row in enumerate(names))
    yield from (pytest.param([name], marks=pytest.mark.prove, id=name) for row in names for name in row)


@pytest.fixture
def defects(shared: Checkout) -> dict[str, Defect]:
    """The defects by name, for who holds the VIP now."""
    holder = shared.holder_of_the_vip(STAGE)
    (standby,) = {*BALANCERS} - {holder}
    return {defect.name: defect for row in rows(holder, standby) for defect in row}


@pytest.mark.parametrize("names", list(cases()))
def test_defects_are_each_seen_by_their_own_checks(
    shared: Checkout, defects: dict[str, Defect], names: list[str], tmp_path: Path
) -> None:
    smoke_sees([defects[name] for name in names], shared, STAGE, tmp_path)


@pytest.mark.lab
def test_the_stage_is_green_once_the_defects_are_out(staging_target: Path, tmp_path: Path) -> None:
    await_health(staging_target)
    assert red(smoke(staging_target, tmp_path)) == {}
