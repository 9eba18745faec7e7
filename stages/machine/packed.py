"""The applier as the one text that hosts run: its modules, concatenated.

Their imports of each other are left out, since the text has all of them.
"""

import functools
import re
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "applier"
OWN = re.compile(r"^( *)from (?:__future__|stages\.applier\.\w+) import (?:\([^)]*\)|.*)$", re.MULTILINE)
# Each after those that it needs.
MODULES = (
    "protocol",
    "failures",
    "shell",
    "state",
    "host",
    "users",
    "files",
    "units",
    "commands",
    "request",
)


@functools.cache
def text() -> str:
    """One Python module that needs only the standard library."""
    parts = [_alone((FOLDER / f"{name}.py").read_text(encoding="utf-8")) for name in MODULES]
    return "from __future__ import annotations\n" + "\n\n".join(parts)


def _alone(source: str) -> str:
    """A module's text without its imports from the applier and from __future__."""
    # `pass`, because a block without a statement is a syntax error.
    return OWN.sub(r"\1pass", source)
