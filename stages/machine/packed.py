"""The applier as the one text that hosts run: its modules, one behind the other.

What they import of each other is left out, as all of it is there.
"""

import functools
import re
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "applier"
OWN = re.compile(r"^( *)from (?:__future__|stages\.applier\.\w+) import .*$", re.MULTILINE)
# Each behind what it needs.
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
    """One Python module, which needs nothing but the standard library."""
    parts = [_alone((FOLDER / f"{name}.py").read_text(encoding="utf-8")) for name in MODULES]
    return "from __future__ import annotations\n" + "\n\n".join(parts)


def _alone(source: str) -> str:
    """A module's text without what it imports of the package or the future."""
    # A block that is left without a statement would not be Python.
    return OWN.sub(r"\1pass", source)
