"""In which order `make test` runs its tests, and which of them stay in one of its two processes.

The mark `xdist_group` would say the latter more plainly; pytest-xdist 3.8 does not see it under pytest 9.2.
"""

import ast
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

REPOSITORY = Path(__file__).resolve().parents[1]
# The lab that is too large to stand once in each process. The small shared one does stand in each, and
# whichever process is free takes the next file.
ONCE = "whole"
LONG = {"test_upgrade.py"}  # a whole upgrade, some four minutes


class Labs(LoadScopeScheduling):
    """Tests of one file stay in one process, and so do those of the lab that stands once.

    To inherit is how pytest-xdist is told so.
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        return ONCE if test.partition("[")[0] in askers(REPOSITORY / file) else file


@cache
def askers(file: Path) -> frozenset[str]:
    """The tests and fixtures of a file that ask for the lab that stands once, or for one that does."""
    functions = (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef))
    asked = {function.name: {argument.arg for argument in function.args.args} for function in functions}
    found = {ONCE}
    while more := {name for name, fixtures in asked.items() if fixtures & found} - found:
        found |= more
    return frozenset(found - {ONCE})


def ordered(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """One file of lab tests, all tests without a lab, the whole control plane, long files, the other labs.

    The image of the hosts takes one process some minutes to build, and half the machine is idle: the other
    process runs meanwhile what needs no image. No request is timed yet. What is short comes last, so that
    both processes end at about the same time.
    """
    first = next((item.path for item in items if "shared" in _asked(item)), None)

    def place(item: pytest.Item) -> int:
        if ONCE in _asked(item):
            return 2
        if item.path == first:
            return 0
        if not any(item.get_closest_marker(mark) for mark in ("lab", "prove")):
            return 1
        return 3 if item.path.name in LONG else 4

    return sorted(items, key=place)


def is_done_with(lab: str, item: pytest.Item, following: pytest.Item | None) -> bool:
    """Whether `item` is the last in a row that asks for this lab, and others follow in this process."""
    return following is not None and lab in _asked(item) and lab not in _asked(following)


def _asked(item: pytest.Item) -> Sequence[str]:
    return getattr(item, "fixturenames", ())
