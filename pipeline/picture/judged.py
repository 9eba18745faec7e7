"""What gates found, as values: causes with their consequences, and a matrix of hosts and checks. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

# The worst comes first; what is not listed counts as bad as the first.
OUTCOMES = ("failed", "error", "inconclusive", "not run", "skipped", "passed")
ONCE = "-"


@dataclass(frozen=True, slots=True)
class Asked:
    """A check that was asked of a host (`-`: of the whole stage), its outcome, and what was seen."""

    component: str
    host: str
    check: str
    outcome: str
    seen: str = ""

    @property
    def passed(self) -> bool:
        """Whether it passed."""
        return self.outcome == "passed"


@dataclass(frozen=True, slots=True)
class CauseTold:
    """A cause: what was found, the command to look at it, and its likely consequences, each as a line."""

    found: str
    seen: str
    look: str
    consequences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """What a host was asked under one column, the worst first."""

    asked: tuple[Asked, ...] = ()

    @property
    def outcome(self) -> str:
        """The worst outcome; empty if nothing was asked."""
        return self.asked[0].outcome if self.asked else ""

    @property
    def bad(self) -> tuple[Asked, ...]:
        """Those that did not pass."""
        return tuple(one for one in self.asked if not one.passed)


@dataclass(frozen=True, slots=True)
class Row:
    """A host, or what a component was asked of the whole stage: what of it is under each column, by its name.

    `alone` is what only one component is asked, which has no column of its own.
    """

    name: str
    cells: Mapping[str, Cell]
    alone: Cell = field(default_factory=Cell)

    @property
    def bad(self) -> int:
        """How many of its checks did not pass."""
        return sum(len(cell.bad) for cell in (*self.cells.values(), self.alone))


@dataclass(frozen=True, slots=True)
class Matrix:
    """Hosts by checks. A check that several components are asked has a column; a host has one row for all."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class GateTold:
    """A gate that was judged: its name and attempt, the verdict in words, and what it found."""

    name: str
    summary: str
    passed: bool
    causes: tuple[CauseTold, ...] = ()
    asked: tuple[Asked, ...] = ()


def matrix(asked: Sequence[Asked]) -> Matrix:
    """The matrix of all that was asked: hosts by name, then components with what is of the whole stage."""
    of_check: dict[str, set[str]] = {}
    for one in asked:
        of_check.setdefault(one.check, set()).add(one.component)
    columns = sorted(
        (name for name, who in of_check.items() if len(who) > 1), key=lambda n: -len(of_check[n])
    )
    by_row: dict[tuple[bool, str], list[Asked]] = {}
    for one in asked:
        once = one.host == ONCE
        by_row.setdefault((once, one.component if once else one.host), []).append(one)
    rows = sorted(by_row.items(), key=lambda row: (row[0][0], _in_order(row[0][1])))
    return Matrix(
        tuple(columns),
        tuple(
            Row(
                f"{name}, once" if once else name,
                {column: _cell(one for one in mine if one.check == column) for column in columns},
                _cell(one for one in mine if one.check not in columns),
            )
            for (once, name), mine in rows
        ),
    )


def _cell(asked: Iterable[Asked]) -> Cell:
    return Cell(tuple(sorted(asked, key=lambda one: (_badness(one.outcome), one.component, one.check))))


def _badness(outcome: str) -> int:
    return OUTCOMES.index(outcome) if outcome in OUTCOMES else 0


def _in_order(name: str) -> list[tuple[int, str]]:
    """A key by which host-2 comes before host-10."""
    parts = re.findall(r"\d+|\D+", name)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
