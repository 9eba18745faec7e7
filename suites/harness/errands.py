"""Errands: slow work of checks, started in parallel when the session begins, awaited when the check runs.

A check declares its errand with `begins`. The result, or the error, belongs to that check alone.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from suites.clients.runner import Clients
from suites.hosts.host import Host
from suites.seam.target import Target

BEGINS = "begins"
# Each is a client or a command that takes some seconds and mostly waits.
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Setting:
    """What an errand works with: clients, the target, and the hosts that carry the check's component.

    `host` is the one that the check is about, or the first if the check runs once per stage.
    """

    clients: Clients
    target: Target
    host: Host
    hosts: tuple[Host, ...]


Errand = Callable[[Setting], Any]
Begun = Callable[[], Any]


def begins(errand: Errand) -> pytest.MarkDecorator:
    """Mark a check with an errand that starts with the session. The fixture `begun` returns its result."""
    return pytest.mark.begins.with_args(errand)


def errand_of(item: pytest.Item) -> Errand | None:
    """Return the errand of a check, or None."""
    marker = item.get_closest_marker(BEGINS)
    return None if marker is None else marker.args[0]


@dataclass(slots=True)
class Errands:
    """Errands in progress, by the id of the check that each is for."""

    being: dict[str, Future[Any]] = field(default_factory=dict)
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE))

    def begin(self, check: str, errand: Errand, setting: Setting) -> None:
        """Queue the errand of a check behind earlier ones, without waiting for it."""
        self.being[check] = self.pool.submit(errand, setting)

    def result(self, check: str) -> Any:  # noqa: ANN401 - each errand has its own type
        """Wait for a check's errand and return its result. Raises what the errand raised."""
        return self.being[check].result()

    def end(self) -> None:
        """Wait for the running errands, and cancel the rest."""
        self.pool.shutdown(cancel_futures=True)
