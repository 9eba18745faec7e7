"""What suites know of a component."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from suites.faults.fault_case import FaultCase
from suites.faults.guard import Quorum
from suites.harness.use import Use
from suites.hosts.host import Host
from suites.hosts.observation import Observation
from suites.hosts.reading import Reading

# What a host is asked; each must hold.
Readings = Callable[[Host], tuple[Reading, ...]]


@dataclass(frozen=True, slots=True)
class Ignored:
    """Journal lines that are no error: a pattern for the whole line, and the reason why it is harmless.

    With `while_deploying` they are so only between the beginning and the end of the deployment. `sometimes`
    is for the outcome of a race: any other pattern that matches nothing is one that nobody needs any more.
    """

    pattern: re.Pattern[str]
    reason: str
    while_deploying: bool = False
    sometimes: bool = False

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError(f"the ignored pattern {self.pattern.pattern!r} has no reason")

    def matches(self, message: str) -> bool:
        """Say whether the pattern matches the message from its first to its last character."""
        return self.pattern.fullmatch(message) is not None


@dataclass(frozen=True, slots=True)
class Venv:
    """A virtual environment on the host whose distributions must be the ones that the release locks."""

    interpreter: str


@dataclass(frozen=True, slots=True)
class Component:
    """A component: how it is healthy on a host, and what of the host is its own.

    `packages` are its Debian packages; `errors` match, in the component's own log format, the journal
    lines that say error though their priority does not. `faults` are the faults that it must survive, with
    `quorum` of its hosts left; it has got over one when every host is `healthy` and `settled`. `tells` match
    journal lines that belong into a fault's story.

    `clocked` are the units whose log lines begin with the time of the process that wrote them. With
    `one_is_enough` its hosts stand in for one another: smoke does not ask each whether it is healthy, a check
    of the component's own asks whether any is.

    `of_use` says whether a host whose units were started anew does again what it is for: what systemd calls
    active proves nothing, and neither does an answer that the processes before gave.
    """

    name: str
    healthy: Readings
    units: tuple[str, ...]
    of_use: Callable[[Use], Observation]
    packages: tuple[str, ...] = ()
    python: Venv | None = None
    errors: tuple[str, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    quorum: Quorum = Quorum.ONE
    faults: tuple[FaultCase, ...] = ()
    settled: Readings | None = None
    tells: tuple[str, ...] = ()
    clocked: tuple[str, ...] = ()
    one_is_enough: bool = False

    def readings(self, host: Host) -> tuple[Reading, ...]:
        """Return what says that it is healthy on a host, and that it has got over a fault."""
        return (*self.healthy(host), *(self.settled(host) if self.settled is not None else ()))
