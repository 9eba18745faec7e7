"""Which tests stay in one process when two processes test labs at once (`make test`).

The mark `xdist_group` would say it more plainly; pytest-xdist 3.8 does not see it under pytest 9.2.
"""

import ast
from functools import cache
from pathlib import Path

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
