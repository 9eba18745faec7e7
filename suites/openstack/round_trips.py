"""Round trips: a record that an API host makes, shows and deletes, asked at the host's own address.

Through the VIP, a host with a wrong password or a lost connection fails one request in two or three, and a
check that asks once passes as often. One client asks all hosts, each apart from the others.
"""

import json
import subprocess
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from suites.clients.runner import Clients
from suites.errors import ClientFailed
from suites.hosts.host import last_line
from suites.hosts.reading import Observation
from suites.openstack.access import access
from suites.openstack.steps import (
    ELSEWHERE,
    GONE,
    GOOD,
    LIST,
    NOT_FOUND,
    REFUSED,
    STEPS,
    Catalog,
    RoundTrip,
    Step,
)
from suites.probes.order import APIS
from suites.probes.spec import LOADS, RECORDS, Kind
from suites.seam.target import Target

MODULE = "suites.openstack.round_trips_client"
# Its requests have their own timeouts; this one is for a process that hangs despite them.
WITHIN = 120.0
# The record that each component's API makes.
MADE_BY: Mapping[str, Kind] = {LOADS[kind].component: kind for kind in RECORDS}


def came_round(trip: RoundTrip) -> Observation:
    """Say whether a host made a record, showed it as it was made, listed others, and deleted it.

    Another host must not answer that there is none: the two would not have the same data. What else is wrong
    with that one, its own round trip tells.
    """
    wrong = [_told(step) for step in trip.steps if not _went_well(step)]
    missing = [what for what in STEPS if what not in {step.what for step in trip.steps}]
    if not wrong and missing:
        wrong = [f"it was not asked to {' or to '.join(missing)}"]
    listed = "".join(f", {step.what}" for step in trip.steps if step.what.startswith(LIST))
    return Observation(not wrong, "; ".join(wrong) or f"a record was made, shown and deleted{listed}")


def _went_well(step: Step) -> bool:
    if step.what.startswith(ELSEWHERE):
        return step.status != NOT_FOUND
    if step.wrong:
        return False
    if step.what == GONE:
        return step.status == NOT_FOUND
    return GOOD <= step.status < REFUSED


def _told(step: Step) -> str:
    status = f"it answers {step.status}" if step.status else "it does not answer"
    return f"asked to {step.what}, {status}{f': {step.wrong}' if step.wrong else ''}"


@dataclass(slots=True)
class RoundTrips:
    """The client that makes the round trips to these hosts, and what it has told so far."""

    clients: Clients
    target: Target
    asked: Sequence[tuple[str, str]]
    name: str
    told: dict[tuple[str, str], RoundTrip] = field(default_factory=dict)
    found: Catalog | None = None
    process: subprocess.Popen[str] | None = None
    limit: threading.Timer | None = None

    def begin(self) -> None:
        """Start the client. Raises ClientFailed if it can't be started."""
        request = {
            "access": access(self.target),
            "places": list(places(self.target, self.asked)),
            "name": self.name,
        }
        self.process = self.clients.start(MODULE, request)
        self.limit = threading.Timer(WITHIN, self.process.kill)
        self.limit.daemon = True
        self.limit.start()

    def of(self, component: str, host: str) -> RoundTrip:
        """Wait for the round trip of a component's host and return it. Raises ClientFailed."""
        while (component, host) not in self.told:
            self._hear(f"{component} on {host}")
        return self.told[component, host]

    def catalog(self) -> Catalog:
        """Wait for the catalog and return it. Raises ClientFailed."""
        while self.found is None:
            self._hear("the catalog")
        return self.found

    def stop(self) -> None:
        """End the client if it still runs, once it has deleted what it made."""
        if self.process is not None and self.limit is not None:
            self.process.communicate()  # bounded by the limit, which kills it
            self.limit.cancel()

    def _hear(self, about: str) -> None:
        """Take the client's next line."""
        process = self.process
        line = process.stdout.readline() if process is not None and process.stdout is not None else ""
        if not line:
            said = process.stderr.read() if process is not None and process.stderr is not None else ""
            raise ClientFailed(
                f"no answer about {about}", where=MODULE, why=last_line(said, otherwise="it ended")
            )
        told = parse(line)
        if isinstance(told, Catalog):
            self.found = told
        else:
            self.told[told.component, told.host] = told


def parse(line: str) -> Catalog | RoundTrip:
    """Parse a line of the client. Raises ClientFailed."""
    try:
        told: Any = json.loads(line)
        shape = TypeAdapter(RoundTrip if "steps" in told else Catalog)
        found: Catalog | RoundTrip = shape.validate_python(told)
    except (ValidationError, ValueError, TypeError) as error:
        why = str(error).splitlines()[0]
        raise ClientFailed("its answer can't be parsed", where=MODULE, why=why) from None
    return found


def places(target: Target, asked: Iterable[tuple[str, str]]) -> Iterable[dict[str, str]]:
    """Yield where the client makes a round trip, for each component and host. Raises KeyError.

    `peer` is the next host of the component, "" if it has one alone.
    """
    for component, host in asked:
        kind, hosts = MADE_BY[component], target.names(component)
        peer = hosts[(hosts.index(host) + 1) % len(hosts)]

        def url(name: str, endpoint: str = APIS.get(kind, "identity")) -> str:
            return target.endpoint_on(endpoint, target.host(name)).rstrip("/")

        yield {
            "component": component,
            "host": host,
            "kind": kind.value,
            "url": url(host),
            "peer": "" if peer == host else peer,
            "peer_url": url(peer),
        }
