"""What the checks of a gate look at, as a release's own `python -m suites watches` tells."""

import contextlib
from collections.abc import Mapping
from typing import Any

from pipeline.adapters.children import Children
from pipeline.adapters.heard import PROTOCOL, Stderr, how_it_ended, parsed, too_long
from pipeline.adapters.homes import Home
from pipeline.adapters.time_limit import time_limit
from pipeline.core.codec import revive
from pipeline.core.errors import ChildCrashed

_LIMIT_S = 120.0


def watches(
    children: Children, home: Home, gate: str, limit_s: float = _LIMIT_S
) -> Mapping[str, tuple[str, ...]]:
    """The components that each check of the gate looks at, by "component/check".

    Raises ChildCrashed unless the program ends well within `limit_s` seconds with one valid line.
    """
    with (
        contextlib.closing(Stderr()) as stderr,
        children.running(home, ["suites", "watches", "--gate", gate], stderr.file) as child,
    ):
        with time_limit(child, limit_s) as too_late:
            said, _ = child.communicate()
        if too_late.is_set() or child.returncode:
            broke = too_long(limit_s) if too_late.is_set() else how_it_ended(child.returncode)
            raise ChildCrashed(f"`python -m suites watches` of the release {broke}", why=stderr.last())
    return _read(parsed(said) or {})


def _read(answer: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    what = "`python -m suites watches` of the release returned a malformed answer"
    if answer.get("protocol") != PROTOCOL:
        raise ChildCrashed(what, why=f"protocol {answer.get('protocol')!r}, not {PROTOCOL}")
    try:
        found: Mapping[str, tuple[str, ...]] = revive(Mapping[str, tuple[str, ...]], answer.get("watches"))
    except (TypeError, ValueError) as problem:
        raise ChildCrashed(what, why=repr(problem)) from problem
    return found
