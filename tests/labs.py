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
# The labs that are too large to stand once in each process. The small shared one does stand in each, and
# whichever process is free takes the next file.
ONCE = ("whole",)


class Labs(LoadScopeScheduling):
    """Tests of one file stay in one process, and so do those of a lab that stands once.

    To inherit is how pytest-xdist is told so.
    """

    def _split_scope(self, nodeid: str) -> str:
        return lab(REPOSITORY / nodeid.partition("::")[0])


@cache
def lab(file: Path) -> str:
    """The lab that stands once and that tests of this file ask for; else the file itself."""
    functions = (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef))
    asked = {argument.arg for function in functions for argument in function.args.args}
    return next((fixture for fixture in ONCE if fixture in asked), str(file))


def ordered(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """One file of lab tests, then all tests without a lab, then the other labs, the whole control plane last.

    The image of the hosts takes one process some minutes to build, and half the machine is idle: the other
    process runs meanwhile what needs no image. No request is timed yet.
    """
    first = next((item.path for item in items if "shared" in _asked(item)), None)
    whole = {item.path for item in items if "whole" in _asked(item)}

    def place(item: pytest.Item) -> int:
        if item.path in whole:
            return 3
        if item.path == first:
            return 0
        return 2 if any(item.get_closest_marker(mark) for mark in ("lab", "prove")) else 1

    return sorted(items, key=place)


def _asked(item: pytest.Item) -> Sequence[str]:
    return getattr(item, "fixturenames", ())
