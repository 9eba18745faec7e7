"""The pytest plugin that finds out what the checks rest on, once they are collected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from suites.harness.collection import TARGET
from suites.seam.target import Target


@dataclass(slots=True, weakref_slot=True, eq=False)
class Relying:
    """`known` is what `find` says of the session's target; empty before the collection, or without one.

    If it can't say it, whatever the reason, that is told once: it explains findings, and makes none.
    """

    find: Callable[[Target], Mapping[str, object]]
    tell: Callable[[str], None]
    known: Mapping[str, object] = field(default_factory=dict)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Ask for it. Not sooner: whatever is wrong with a component, its collection must be what says so."""
        target = session.config.stash.get(TARGET, None)
        if target is None:
            return
        try:
            self.known = self.find(target)
        except Exception as problem:  # noqa: BLE001 - components are code, and no verdict may hang on this
            self.tell(f"findings will not be grouped by cause: what checks rest on is not known: {problem!r}")
