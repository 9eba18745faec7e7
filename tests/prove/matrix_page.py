"""The matrix of faults as a chapter of docs/performance.md: what each cell was measured at, or its reason."""

from collections.abc import Mapping
from typing import Any

from page import table

from suites.matrix.cells import CELLS, Cell, FaultKind, named

Measured = Mapping[tuple[str, str], Mapping[str, Any]]


def sections(measured: Measured) -> tuple[str, str]:
    """The table, and the list of reasons that its cells refer to by number.

    `measured` has what became of each fault, by component and name, as `promote gate` tells it.
    """
    reasons: dict[str, int] = {}
    rows = [
        (component, *(_told(component, cells[kind], measured, reasons) for kind in FaultKind))
        for component, cells in CELLS.items()
    ]
    header = ("component", *(kind.value for kind in FaultKind))
    listed = "\n".join(f"{number}. {reason}" for reason, number in reasons.items())
    return table(header, rows), f"Not measured, because:\n\n{listed}\n"


def _told(component: str, cell: Cell, measured: Measured, reasons: dict[str, int]) -> str:
    if cell.reason:
        return f"({reasons.setdefault(cell.reason, len(reasons) + 1)})"
    return "; ".join(_figure(fault, measured.get(named(component, fault))) for fault in cell.faults)


def _figure(fault: str, seen: Mapping[str, Any] | None) -> str:
    if seen is None:
        return f"`{fault}` was not made"
    gap, budget = seen["longest_gap_s"], seen["budget_s"]
    figure = f"`{fault}` {gap:.2f} of {budget:.2f} s" if gap is not None and budget else f"`{fault}`"
    lost = f", lost {seen['lost']}" if seen["lost"] else ""
    return figure + lost + ("" if seen["verdict"] == "passed" else f" **{seen['verdict']}**")
