"""The pytest plugin that finds out what the checks rest on, once they are collected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from suites.harness.collection import TARGET
from suites.seam.target import Target


@dataclass(slots=True, weakref_slot=True, eq=False)
class Relying:
    """`known` is what `find` says of the session's target; empty before the collection, or without one."""

    find: Callable[[Target], Mapping[str, object]]
    known: Mapping[str, object] = field(default_factory=dict)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Ask for it. Not sooner: whatever is wrong with a component, its collection must be what says so."""
        target = session.config.stash.get(TARGET, None)
        if target is not None:
            self.known = self.find(target)
