"""What suites know of a component, and how it is looked at once its units were started anew."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from suites.clients.runner import Clients
from suites.faults.fault_case import FaultCase
from suites.faults.guard import Quorum
from suites.hosts.host import Host
from suites.hosts.reading import Observation, Reading, running
from suites.openstack.asking import Answer, Asking
from suites.seam.target import Target

GOOD = 200


@dataclass(frozen=True, slots=True)
class Use:
    """A host whose units were started anew, and the stage that must have it back.

    `since` is when they had been, in seconds of the epoch, by the host's own clock. `name` is unique, for
    what is made to be looked at.
    """

    host: Host
    since: float
    name: str
    target: Target
    fleet: Mapping[str, Host]
    clients: Clients
    api: Asking

    def carriers(self, component: str) -> tuple[Host, ...]:
        """Return the hosts that carry a component, in the target's order."""
        return tuple(self.fleet[host.name] for host in self.target.carrying(component))

    def answers(self, endpoint: str, path: str) -> Observation:
        """Say whether the host's own API gives the administrator a list. Raises ClientFailed."""
        base = self.target.endpoint_on(endpoint, self.target.host(self.host.name)).rstrip("/")
        return answered(f"{endpoint} API", path, self.api.get(base + path))

    def reported(self, endpoint: str, binary: str) -> Observation:
        """Say whether a program of the host is up and has reported since. Raises ClientFailed."""
        url = self.target.endpoints[endpoint].rstrip("/") + "/os-services"
        answer = self.api.get(url)
        listed = answer.document if isinstance(answer.document, dict) else {}
        return fresh(listed.get("services", ()), binary, self.host.name, self.since)


def answered(what: str, path: str, answer: Answer) -> Observation:
    """Say whether an API answered with a document."""
    holds = answer.status == GOOD and answer.document is not None
    return Observation(holds, f"{what}: GET {path} is answered {answer.status}")


def fresh(rows: Iterable[Mapping[str, Any]], binary: str, host: str, since: float) -> Observation:
    """Say whether a list of services has a program of a host as up, by a report made since.

    Reports are written down in whole seconds: one of the second in which the program was started anew may be
    the last of the one before it.
    """
    mine = [row for row in rows if (row.get("binary"), row.get("host")) == (binary, host)]
    if not mine:
        return Observation(holds=False, seen=f"{binary} on {host} is not listed")
    state, at = str(mine[0].get("state")), str(mine[0].get("updated_at") or "")
    if not at:
        return Observation(holds=False, seen=f"{binary} on {host} has never reported")
    reported = datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp()
    new = reported >= math.ceil(since)
    age = f"{reported - since:+.0f} s from its start"
    word = "a report" if new else "no report since, the last"
    return Observation(new and state == "up", f"{binary} on {host} is {state}, {word} {age}")


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


def units_run(units: Sequence[str], port: int | None = None, path: str = "/healthcheck") -> Readings:
    """Return what says that units run on a host and, where a port is given, that it answers the path."""

    def readings(host: Host) -> tuple[Reading, ...]:
        return (running(units, url=None if port is None else f"http://{host.address}:{port}{path}"),)

    return readings


@dataclass(frozen=True, slots=True)
class Component:
    """A component: how it is healthy on a host, and what of the host is its own.

    `packages` are its Debian packages; `python` is an interpreter whose distributions must be the ones that
    the release locks; `errors` match, in the component's own log format, the journal lines that say error
    though their priority does not. `faults` are the faults that it must survive, with `quorum` of its hosts
    left; it has got over one when every host is `healthy` and `settled`. `tells` match journal lines that
    belong into a fault's story.

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
    python: str | None = None
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
