"""What suites know about a component, and how they check it after its units were restarted."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from suites.clients.runner import Clients
from suites.faults.fault_case import FaultCase
from suites.faults.guard import Quorum
from suites.harness.reach import GIVEN_BY, Reach, Reliances
from suites.harness.reports import Reports
from suites.hosts.host import Host
from suites.hosts.reading import Observation, Reading, running
from suites.openstack.asking import Answer, Asking
from suites.openstack.named import Configured
from suites.openstack.own_queue import OwnQueue
from suites.seam.target import Target

GOOD = 200


@dataclass(frozen=True, slots=True)
class Use:
    """A host whose units were restarted, and the stage it must serve again.

    `since` is when the restart was complete, in seconds since the epoch by the host's own clock. `name` is a
    unique name for what a check creates.
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
        """Say whether the host's own API returns a list to the administrator. Raises ClientFailed."""
        base = self.target.endpoint_on(endpoint, self.target.host(self.host.name)).rstrip("/")
        return answered(f"{endpoint} API", path, self.api.get(base + path))

    def reported(self, endpoint: str, binary: str) -> Observation:
        """Say whether a program of the host is up and has reported since its restart. Raises ClientFailed."""
        url = self.target.endpoints[endpoint].rstrip("/") + "/os-services"
        answer = self.api.get(url)
        listed = answer.document if isinstance(answer.document, dict) else {}
        return fresh(listed.get("services", ()), binary, self.host.name, self.since)


def answered(what: str, path: str, answer: Answer) -> Observation:
    """Say whether an API answered with a document."""
    holds = answer.status == GOOD and answer.document is not None
    return Observation(holds, f"{what}: GET {path} is answered {answer.status}")


def fresh(rows: Iterable[Mapping[str, Any]], binary: str, host: str, since: float) -> Observation:
    """Say whether a list of services shows a host's program as up, by a report made after `since`.

    Reports are recorded in whole seconds: one from the second of the restart may still be from the old
    process.
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


# Returns the readings of a host; each must hold.
Readings = Callable[[Host], tuple[Reading, ...]]
# The same, by what is under test in the stage.
Settling = Callable[[Host, Target], tuple[Reading, ...]]
# Says of a line that a pattern matched whether it is harmless, by what is under test in the stage.
Weighing = Callable[[re.Match[str], Target], bool]


@dataclass(frozen=True, slots=True)
class Ignored:
    """Journal lines that are not errors: a pattern for the whole line, why it is harmless, and a bound.

    More than `most` of them on a host since the deployment are an error: what is harmless now and then is not
    if it does not end. With `while_deploying` they are harmless only during the deployment, and with `only`
    where it says so. `sometimes` is for the outcome of a race: any other pattern that matches nothing is
    obsolete.
    """

    pattern: re.Pattern[str]
    reason: str
    most: int
    while_deploying: bool = False
    sometimes: bool = False
    only: Weighing | None = None

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError(f"the ignored pattern {self.pattern.pattern!r} has no reason")
        if self.most < 1:
            raise ValueError(f"the ignored pattern {self.pattern.pattern!r} is bounded by {self.most}")

    def matches(self, message: str) -> bool:
        """Say whether the pattern matches the whole message."""
        return self.pattern.fullmatch(message) is not None

    def excuses(self, message: str, at: datetime, target: Target) -> bool:
        """Say whether a message that was logged at that time is harmless in what is under test."""
        found = self.pattern.fullmatch(message)
        if found is None or (self.while_deploying and at > target.settled_at):
            return False
        return self.only is None or self.only(found, target)


@dataclass(frozen=True, slots=True)
class Kept:
    """Data that outlives its host: the directory, and the account that reads and writes it."""

    directory: str
    account: str


def units_run(units: Sequence[str], port: int | None = None, path: str = "/healthcheck") -> Readings:
    """Return readings of whether units run on a host and, if a port is given, whether it answers the path."""

    def readings(host: Host) -> tuple[Reading, ...]:
        return (running(units, url=None if port is None else f"http://{host.address}:{port}{path}"),)

    return readings


@dataclass(frozen=True, slots=True)
class Component:
    """A component: when it is healthy on a host, and what on the host belongs to it.

    `packages` are its Debian packages; `python` is an interpreter whose distributions must be those that the
    release locks; `errors` match, in the component's own log format, journal lines that are errors although
    their priority does not say so. `faults` are the faults that it must survive, with `quorum` of its hosts
    left; it has recovered from one when every host is `healthy` and `settled`. `tells` match journal lines
    that belong in the report of a fault.

    `clocked` are the units whose log lines begin with the time of the process that wrote them. With
    `one_is_enough` its hosts can replace each other: a stage in which none serves is told apart from one in
    which some do not.

    `configured` is what configures it: all that is named there must answer. `own_queue` is the queue from
    which a host's server alone takes, if it has such.

    `of_use` says whether a host does its job again after a restart of its units. That systemd calls a unit
    active proves nothing, nor does an answer from the processes before the restart.

    `reports` is how its running programs are asked for the settings that they have in memory.

    `keeps` is its data, if that outlives the host. `depends_on` are what each of its hosts asks and must get
    an answer from, by the names that the host's dependency check has for them.

    `rests_on` are the other components that it can't do without, and whose of them it uses; what it
    `depends_on` need not be named again. A red of one of these may explain a red of its own.

    A check's evidence may be reused if nothing that it looks at has changed. So what it looks at besides its
    own component is declared: `used_with` are the other components that `healthy`, `settled` and `of_use`
    look at, `looks_at` those of a check of the smoke gate, by its name. For "journal" these are the ones
    whose behaviour its log tells of; `crosses` those of a check of the neighbours gate. In doubt, name more:
    that only makes the check run. A red of what a check looks at may explain the red of the check, too,
    unless it is one that the component `answers_for` itself.
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
    settled: Settling | None = None
    tells: tuple[str, ...] = ()
    clocked: tuple[str, ...] = ()
    one_is_enough: bool = False
    used_with: frozenset[str] = frozenset()
    looks_at: Mapping[str, frozenset[str]] = field(default_factory=dict)
    crosses: Mapping[str, frozenset[str]] = field(default_factory=dict)
    keeps: Kept | None = None
    depends_on: tuple[str, ...] = ()
    configured: Configured | None = None
    own_queue: OwnQueue | None = None
    rests_on: Reliances = field(default_factory=dict)
    answers_for: frozenset[str] = frozenset()
    reports: Reports | None = None

    @property
    def reliances(self) -> dict[str, Reach]:
        """All components that it rests on directly, and whose of them."""
        given = (GIVEN_BY[name] for name in self.depends_on)
        return {name: reach for part in (*given, self.rests_on) for name, reach in part.items()}

    def readings(self, host: Host, target: Target) -> tuple[Reading, ...]:
        """Return the readings of whether it is healthy on a host and has recovered from a fault."""
        return (*self.healthy(host), *(self.settled(host, target) if self.settled is not None else ()))
