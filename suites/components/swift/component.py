"""Swift, the object store that keeps Glance's images."""

from suites.harness.component import Component
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.units import look

SERVERS = ("swift-proxy.service", "swift-account.service", "swift-container.service", "swift-object.service")
UNITS = (*SERVERS, "memcached.service")


def healthy(host: Host) -> Observation:
    """All servers run, and the proxy answers; that objects are kept is a check of its own."""
    return look(host, UNITS, url=f"http://{host.address}:8080/healthcheck")


COMPONENT = Component(
    name="swift",
    healthy=healthy,
    units=UNITS,
    packages=("swift-proxy", "swift-account", "swift-container", "swift-object", "memcached"),
    errors=(r"Traceback \(most recent call last\)",),
)
