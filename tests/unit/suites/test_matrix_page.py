"""The matrix as a page: each cell has its figure or the number of its reason, and says if it is not green."""

import importlib.util
import sys
from types import ModuleType

import pytest
from suites_sample import REPOSITORY

from suites.matrix.cells import faults


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of `make prove`, whose folder is on no path here."""
    folder = REPOSITORY / "tests/prove"
    monkeypatch.syspath_prepend(str(folder))
    spec = importlib.util.spec_from_file_location("matrix_page", folder / "matrix_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "matrix_page", module)
    spec.loader.exec_module(module)
    return module


def seen(verdict: str = "passed", lost: int = 0, gap: float | None = 1.5) -> dict[str, object]:
    return {"verdict": verdict, "lost": lost, "longest_gap_s": gap, "budget_s": gap and 4.44}


def test_each_cell_has_its_figure_or_the_number_of_its_reason(page: ModuleType) -> None:
    measured = dict.fromkeys(faults(), seen())
    measured["redis", "master_killed"] = seen("failed", lost=2)
    measured["redis", "master_frozen"] = seen("inconclusive", gap=None)
    del measured["redis", "all_killed"]
    table, reasons = page.sections(measured)
    rows = {line.split(" | ")[0].strip("| "): line for line in table.splitlines()}
    assert "`master_killed` 1.50 of 4.44 s, lost 2 **failed**" in rows["redis"]
    assert "`master_frozen` **inconclusive**" in rows["redis"]
    assert "`all_killed` was not made" in rows["redis"]
    assert "`glance/store_gone` 1.50 of 4.44 s" in rows["swift"]
    assert rows["galera"].count("1.50 of 4.44 s") == 10
    numbers = [int(line.partition(".")[0]) for line in reasons.splitlines() if line[:1].isdigit()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert all(f"({number})" in table for number in numbers)
