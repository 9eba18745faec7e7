"""What takes a check long: begun when the session begins, all at once, and asked for when it is its turn.

A check says with `begins` what that is. What came of it, an error too, is its own.
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
# Each is a client or a command of some seconds, which mostly waits.
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Setting:
    """Where an errand is done: the ways in, the target, and the hosts that carry the check's component.

    `host` is the one that the check is about, the first where it is done once a stage.
    """

    clients: Clients
    target: Target
    host: Host
    hosts: tuple[Host, ...]


Errand = Callable[[Setting], Any]
Begun = Callable[[], Any]


def begins(errand: Errand) -> pytest.MarkDecorator:
    """Mark a check with what is to begin with the session. It gets the result from the fixture `begun`."""
    return pytest.mark.begins.with_args(errand)


def errand_of(item: pytest.Item) -> Errand | None:
    """Return what a check begins with, None where it is nothing."""
    marker = item.get_closest_marker(BEGINS)
    return None if marker is None else marker.args[0]


@dataclass(slots=True)
class Errands:
    """Errands that are being done, by the id of the check that each is for."""

    being: dict[str, Future[Any]] = field(default_factory=dict)
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE))

    def begin(self, check: str, errand: Errand, setting: Setting) -> None:
        """Begin what a check wants, after those that were begun before; return at once."""
        self.being[check] = self.pool.submit(errand, setting)

    def result(self, check: str) -> Any:  # noqa: ANN401 - each has its own
        """Return what came of a check's errand, when it is done. Raises what it raised."""
        return self.being[check].result()

    def end(self) -> None:
        """Wait for those that are under way; the others are not begun any more."""
        self.pool.shutdown(cancel_futures=True)
