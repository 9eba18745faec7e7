"""The lists of services, read by one client for all checks of a session while other checks go on."""

import json
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import TypeAdapter

from suites.clients.runner import Clients
from suites.errors import ClientFailed
from suites.openstack.access import access
from suites.openstack.services import Service
from suites.seam.target import Target

MODULE = "suites.openstack.services_client"
KINDS = ("compute", "network", "volume")
READINGS, APART = 5, 5.0
# Each of its requests has a time-out of its own; this is for a process that hangs in spite of it.
WITHIN = 90.0


@dataclass(slots=True)
class ServiceWatch:
    """A client that reads the lists READINGS times, from its begin on."""

    clients: Clients
    target: Target
    readings: list[dict[str, Any]] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None
    limit: threading.Timer | None = None

    def first(self, kind: str) -> tuple[Service, ...]:
        """Return the first reading of a list, as soon as it is there. Raises ClientFailed."""
        return self._of(kind, self._reading(0))

    def all(self, kind: str) -> tuple[tuple[Service, ...], ...]:
        """Return all readings of a list, when the last is made. Raises ClientFailed."""
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
        """Start the client. Raises ClientFailed when it can't be started."""
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
    """The lists of services and agents through the VIP, read five times five seconds apart."""
    watch = ServiceWatch(clients, target)
    watch.begin()
    yield watch
    watch.stop()
