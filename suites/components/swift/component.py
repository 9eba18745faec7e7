"""Swift, the object store for Glance's images."""

from suites.components.swift import objects
from suites.harness.component import Component, Kept, Use, units_run
from suites.hosts.reading import Observation

SERVERS = ("swift-proxy.service", "swift-account.service", "swift-container.service", "swift-object.service")
SIZE = 1 << 16
UNITS = (*SERVERS, "memcached.service")


def of_use(use: Use) -> Observation:
    """Say whether a stored object can be read back."""
    return objects.read_back(use.host.read(objects.round_trip(SIZE), within=30), SIZE)


COMPONENT = Component(
    name="swift",
    # Another check covers whether it keeps objects.
    healthy=units_run(UNITS, 8080),
    units=(*UNITS, "swift-rings.service"),
    of_use=of_use,
    packages=("swift-proxy", "swift-account", "swift-container", "swift-object", "memcached"),
    errors=(r"Traceback \(most recent call last\)",),
    keeps=Kept("/srv/node", "swift"),
    looks_at={"journal": frozenset({"glance"})},  # its only client
)
