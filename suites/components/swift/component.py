"""Swift, the object store that keeps Glance's images."""

from suites.components.swift import objects
from suites.harness.component import Component, Use, units_run
from suites.hosts.reading import Observation

SERVERS = ("swift-proxy.service", "swift-account.service", "swift-container.service", "swift-object.service")
SIZE = 1 << 16
UNITS = (*SERVERS, "memcached.service")


def of_use(use: Use) -> Observation:
    """An object that is stored is read back."""
    return objects.read_back(use.host.read(objects.round_trip(SIZE), within=30), SIZE)


COMPONENT = Component(
    name="swift",
    # That objects are kept is a check of its own.
    healthy=units_run(UNITS, 8080),
    units=(*UNITS, "swift-rings.service"),
    of_use=of_use,
    packages=("swift-proxy", "swift-account", "swift-container", "swift-object", "memcached"),
    errors=(r"Traceback \(most recent call last\)",),
)
