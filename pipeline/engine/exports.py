"""Moving a ledger from one technology to another, or keeping a copy of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.core.errors import LedgerDamaged, LedgerMoved, UsageProblem
from pipeline.core.exported import lines, parse
from pipeline.core.verification import verify

if TYPE_CHECKING:  # `promote ledger verify` is asked often, and needs no other port
    from collections.abc import Iterable, Iterator

    from pipeline.core.chain import Head
    from pipeline.ports import Ledger

_HOW = "docs/operate.md, 'A ledger for several machines'"


def exported(ledger: Ledger) -> tuple[Head, Iterator[str]]:
    """The head now, and the lines of the ledger up to it; what is appended meanwhile is not among them."""
    head = ledger.head()
    return head, lines(head, ledger.rows())


def take_over(ledger: Ledger, text: Iterable[str], source: str) -> Head:
    """Fill an empty ledger from an export that was read from `source`; returns its head.

    Raises UsageProblem if that is no export or the ledger is not empty, LedgerDamaged if events are missing
    or not as they were written. Then nothing was changed.
    """
    try:
        head, rows = parse(text)
    except ValueError as problem:
        what = "this is no export of a ledger"
        raise UsageProblem(what, where=source, why=str(problem), next=_HOW) from problem
    found = verify(rows, head)
    if found.damaged or found.head != head:
        seen = found.damaged[0].seen if found.damaged else f"it ends with {found.head}, and not with {head}"
        what = "the export is damaged; nothing was imported"
        raise LedgerDamaged(what, where=source, why=seen, next=_HOW)
    try:
        ledger.fill(rows)
    except LedgerMoved as moved:
        raise UsageProblem(
            "only an empty ledger takes over another",
            where=moved.where,
            why=moved.what,
            next=_HOW,
        ) from moved
    return head
