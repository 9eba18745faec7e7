"""Services and agents as the APIs list them, read while other checks run: which must be up and stay up."""

import json
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pytest
from pydantic import TypeAdapter

from suites.clients.runner import Clients
from suites.errors import ClientFailed
from suites.hosts.reading import Observation
from suites.openstack.access import access
from suites.seam.target import Target

UP, DOWN, MISSING, DISABLED = "up", "down", "missing", "disabled"

Hosts = Sequence[str]
MODULE = "suites.openstack.services_client"
KINDS = ("compute", "network", "volume")
READINGS, APART = 5, 5.0
# Its requests have their own timeouts; this one is for a process that hangs despite them.
WITHIN = 90.0


@dataclass(frozen=True, slots=True)
class Service:
    """A listed service or agent: its program, its host, and whether it is up and enabled."""

    binary: str
    host: str
    state: str
    enabled: bool

    @property
    def condition(self) -> str:
        """Its state, or "disabled"."""
        return self.state if self.enabled else DISABLED


Listing = Sequence[Service]


def in_place(readings: Sequence[Listing], every: Mapping[str, Hosts]) -> Observation:
    """Say whether the programs in `every` were listed once on each of their hosts, and up, in all listings.

    That others take over the work of one that is down is no reason to pass: the next one that goes down has
    nobody left.
    """
    wrong: list[str] = [] if readings else ["no reading"]
    told: list[str] = []
    for binary, hosts in every.items():
        spans = {host: _spans(readings, binary, host) for host in hosts}
        bad = [f"{binary} on {host} is {_said(span)}" for host, span in spans.items() if span != (UP,)]
        wrong += bad if hosts else [f"no host carries {binary}"]
        told += [] if bad else [f"{binary} up on {', '.join(hosts)}"]
    told += _strangers(readings, every)
    times = "once" if len(readings) == 1 else f"{len(readings)} times"
    return Observation(holds=not wrong, seen="; ".join(wrong or [*told, f"seen {times}"]))


def _condition(listing: Listing, binary: str, host: str) -> str:
    found = [one.condition for one in listing if (one.binary, one.host) == (binary, host)]
    if len(found) > 1:
        return f"listed {len(found)} times ({', '.join(found)})"
    return found[0] if found else MISSING


def _spans(readings: Iterable[Listing], binary: str, host: str) -> tuple[str, ...]:
    return tuple(state for state, _ in groupby(_condition(one, binary, host) for one in readings))


def _said(span: tuple[str, ...]) -> str:
    return ", then ".join(span) or "unknown"


def _strangers(readings: Sequence[Listing], wanted: Mapping[str, Hosts]) -> list[str]:
    """Name records that were not asked for, of another colour or of removed hosts: only reported."""
    last = readings[-1] if readings else ()
    others = [one for one in last if one.host not in wanted.get(one.binary, ())]
    listed = ", ".join(f"{one.binary} on {one.host} ({one.condition})" for one in others)
    return [f"also listed: {listed}"] if others else []


@dataclass(slots=True)
class ServiceWatch:
    """A client that reads the lists READINGS times after it starts."""

    clients: Clients
    target: Target
    readings: list[dict[str, Any]] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None
    limit: threading.Timer | None = None

    def first(self, kind: str) -> tuple[Service, ...]:
        """Wait for the first result of a list and return it. Raises ClientFailed."""
        return self._of(kind, self._reading(0))

    def all(self, kind: str) -> tuple[tuple[Service, ...], ...]:
        """Wait for all results of a list and return them. Raises ClientFailed."""
        return tuple(self._of(kind, self._reading(number)) for number in range(READINGS))

    def stop(self) -> None:
        """End the client if it still runs."""
        if self.limit is not None:
            self.limit.cancel()
        if self.process is not None:
            self.process.kill()
            self.process.communicate()

    def _reading(self, number: int) -> dict[str, Any]:
        process = self.process or self.begin()
        while len(self.readings) <= number:
            line = process.stdout.readline() if process.stdout is not None else ""
            if not line:
                said = process.stderr.read().strip().splitlines() if process.stderr is not None else []
                why = said[-1] if said else f"it ended after {len(self.readings)} of {READINGS} readings"
                raise ClientFailed("the lists of services could not be read", where=MODULE, why=why)
            self.readings.append(json.loads(line))
        return self.readings[number]

    def begin(self) -> subprocess.Popen[str]:
        """Start the client. Raises ClientFailed if it can't be started."""
        endpoints = self.target.endpoints
        request = {
            "access": access(self.target),
            "lists": {kind: endpoints[kind] for kind in KINDS if kind in endpoints},
            "readings": READINGS,
            "apart": APART,
        }
        self.process = self.clients.start(MODULE, request)
        self.limit = threading.Timer(WITHIN, self.process.kill)
        self.limit.daemon = True
        self.limit.start()
        return self.process

    @staticmethod
    def _of(kind: str, reading: dict[str, Any]) -> tuple[Service, ...]:
        listed = reading.get(kind, {"error": "the target has no such endpoint"})
        if "error" in listed:
            raise ClientFailed(f"the list of {kind} services could not be read", why=listed["error"])
        return TypeAdapter(tuple[Service, ...]).validate_python(listed["services"])


@pytest.fixture(scope="session")
def service_watch(clients: Clients, target: Target) -> Iterator[ServiceWatch]:
    """The lists of services and agents through the VIP, read five times, five seconds apart."""
    watch = ServiceWatch(clients, target)
    watch.begin()
    yield watch
    watch.stop()


def some_serve(hosts: Mapping[str, Observation]) -> Observation:
    """Say whether any host's observation holds, and name the hosts whose does not."""
    well = [name for name, seen in hosts.items() if seen.holds]
    ill = [f"{name}: {seen.seen}" for name, seen in hosts.items() if not seen.holds]
    if not well:
        return Observation(holds=False, seen=f"no host serves: {'; '.join(ill) or 'there is no host'}")
    missing = f"; NOT {len(ill)} of {len(hosts)}: {'; '.join(ill)}" if ill else ""
    return Observation(holds=True, seen=f"{', '.join(well)} serve{'s' if len(well) == 1 else ''}{missing}")
