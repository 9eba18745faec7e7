"""Which lab a test uses. Two labs are tested at once, each in a process of its own (`make test`).

The mark `xdist_group` would say it more plainly; pytest-xdist 3.8 does not see it under pytest 9.2.
"""

import ast
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

REPOSITORY = Path(__file__).resolve().parents[1]
LABS = {"shared": "shared", "staging_target": "shared", "whole": "whole"}  # by the fixture that has it


class Labs(LoadScopeScheduling):
    """Tests of one lab stay in one process, in their order. To inherit is how pytest-xdist is told so."""

    def _split_scope(self, nodeid: str) -> str:
        return lab(REPOSITORY / nodeid.partition("::")[0])


@cache
def lab(file: Path) -> str:
    """The lab that the tests of this file share with others; the file's own if none of them asks for one."""
    functions = (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef))
    asked = {argument.arg for function in functions for argument in function.args.args}
    return next((name for fixture, name in LABS.items() if fixture in asked), str(file))
