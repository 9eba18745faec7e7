"""What a release's `python -m suites watches` tells of a gate: what checks look at, whether it divides."""

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
_MALFORMED = "`python -m suites watches` of the release returned a malformed answer"


def watches(
    children: Children, home: Home, gate: str, limit_s: float = _LIMIT_S
) -> Mapping[str, tuple[str, ...]]:
    """The components that each check of the gate looks at, by "component/check".

    Raises ChildCrashed unless the program ends well within `limit_s` seconds with one valid line.
    """
    answer = _asked(children, home, gate, limit_s)
    try:
        found: Mapping[str, tuple[str, ...]] = revive(Mapping[str, tuple[str, ...]], answer.get("watches"))
    except (TypeError, ValueError) as problem:
        raise ChildCrashed(_MALFORMED, why=repr(problem)) from problem
    return found


def divisible(children: Children, home: Home, gate: str, limit_s: float = _LIMIT_S) -> bool:
    """Whether checks of different components may be run at once; False if the release does not say.

    Raises ChildCrashed as `watches` does.
    """
    answer = _asked(children, home, gate, limit_s)
    told = answer.get("divisible", False)
    if not isinstance(told, bool):
        raise ChildCrashed(_MALFORMED, why=f"divisible is {told!r}")
    return told


def _asked(children: Children, home: Home, gate: str, limit_s: float) -> Mapping[str, Any]:
    with (
        contextlib.closing(Stderr()) as stderr,
        children.running(home, ["suites", "watches", "--gate", gate], stderr.file) as child,
    ):
        with time_limit(child, limit_s) as too_late:
            said, _ = child.communicate()
        if too_late.is_set() or child.returncode:
            broke = too_long(limit_s) if too_late.is_set() else how_it_ended(child.returncode)
            raise ChildCrashed(f"`python -m suites watches` of the release {broke}", why=stderr.last())
    answer: Mapping[str, Any] = parsed(said) or {}
    if answer.get("protocol") != PROTOCOL:
        raise ChildCrashed(_MALFORMED, why=f"protocol {answer.get('protocol')!r}, not {PROTOCOL}")
    return answer
