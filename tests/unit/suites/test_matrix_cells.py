"""The matrix has every component, every kind of fault and every fault, or the reason why there is none."""

import re

import pytest
from suites_sample import REPOSITORY

from suites.harness.layout import Place
from suites.harness.loading import loaded
from suites.matrix.cells import CELLS, Cell, FaultKind, faults

COMPONENTS = Place(REPOSITORY / "suites", "smoke", None).components


def test_every_component_has_a_cell_for_every_kind_of_fault() -> None:
    assert set(CELLS) == set(COMPONENTS)
    assert [name for name, cells in CELLS.items() if set(cells) != set(FaultKind)] == []


def test_every_fault_of_a_component_is_in_one_cell() -> None:
    there = [(name, case.name) for name in COMPONENTS for case in loaded("suites", name).faults]
    assert sorted(faults()) == sorted(there)


def test_a_reason_that_points_to_a_fault_or_a_test_points_to_one_that_there_is() -> None:
    for name, cells in CELLS.items():
        for reason in (cell.reason for cell in cells.values()):
            for component, fault in re.findall(
                r"\b([a-z-]+)/([a-z_]+)\b(?!/)", reason.partition("tests/")[0]
            ):
                assert (component, fault) in set(faults()), (name, reason)
            for path in re.findall(r"tests/\S+\.py", reason):
                assert (REPOSITORY / path).is_file(), path


def test_a_cell_has_faults_or_a_reason_and_not_both() -> None:
    for wrong in ({}, {"faults": ("killed",), "reason": "none"}):
        with pytest.raises(ValueError, match="a cell has faults, or the reason"):
            Cell(**wrong)  # type: ignore[arg-type]  # as it is not to be made
