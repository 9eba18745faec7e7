"""Swift, the object store that keeps Glance's images."""

from suites.components.swift import objects
from suites.harness.component import Component, Use
from suites.hosts.host import Host
from suites.hosts.reading import Observation, Reading, running

SERVERS = ("swift-proxy.service", "swift-account.service", "swift-container.service", "swift-object.service")
SIZE = 1 << 16
UNITS = (*SERVERS, "memcached.service")


def healthy(host: Host) -> tuple[Reading, ...]:
    """All servers run, and the proxy answers; that objects are kept is a check of its own."""
    return (running(UNITS, url=f"http://{host.address}:8080/healthcheck"),)


def of_use(use: Use) -> Observation:
    """An object that is stored is read back."""
    return objects.read_back(use.host.read(objects.round_trip(SIZE), within=30), SIZE)


COMPONENT = Component(
    name="swift",
    healthy=healthy,
    units=(*UNITS, "swift-rings.service"),
    of_use=of_use,
    packages=("swift-proxy", "swift-account", "swift-container", "swift-object", "memcached"),
    errors=(r"Traceback \(most recent call last\)",),
)
