"""What a release's `python -m suites sweep` finds of what gates have left in a stage, and removes of it."""

import contextlib
from pathlib import Path

from pipeline.adapters.children import Children
from pipeline.adapters.heard import PROTOCOL, Stderr, how_it_ended, parsed, too_long
from pipeline.adapters.homes import Home
from pipeline.adapters.time_limit import time_limit
from pipeline.core.codec import revive
from pipeline.core.errors import ChildCrashed
from pipeline.core.swept import Swept

# Servers take some seconds each to go.
_LIMIT_S = 900.0
_PROGRAM = "`python -m suites sweep` of the release"
# A release from before there was a sweep says so by argparse, after a rollback for instance.
_UNKNOWN = "invalid choice: 'sweep'"
_OLDER = "the deployed release is older than this command: remove by hand what gates left, by its name"
_MALFORMED = f"{_PROGRAM} returned a malformed answer"


def sweep(children: Children, home: Home, target: Path, *, clear: bool, limit_s: float = _LIMIT_S) -> Swept:
    """What gates have left in a stage; with `clear`, it is removed.

    Raises ChildCrashed unless the program ends well within `limit_s` seconds with one valid line.
    """
    asked = ["suites", "sweep", "--target", str(target), *(["--clear"] if clear else [])]
    with (
        contextlib.closing(Stderr()) as stderr,
        children.running(home, asked, stderr.file) as child,
    ):
        with time_limit(child, limit_s) as too_late:
            said, _ = child.communicate()
        if too_late.is_set() or child.returncode:
            broke = too_long(limit_s) if too_late.is_set() else how_it_ended(child.returncode)
            why = stderr.last()
            raise ChildCrashed(f"{_PROGRAM} {broke}", why=why, next=_OLDER if _UNKNOWN in why else "")
    answer = dict(parsed(said) or {})
    if (protocol := answer.pop("protocol", None)) != PROTOCOL:
        raise ChildCrashed(_MALFORMED, why=f"protocol {protocol!r}, not {PROTOCOL}")
    try:
        found: Swept = revive(Swept, answer)
    except (TypeError, ValueError) as problem:
        raise ChildCrashed(_MALFORMED, why=repr(problem)) from problem
    return found
