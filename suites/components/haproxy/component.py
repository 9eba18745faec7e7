"""HAProxy, which sends clients of the VIP to the hosts that serve."""

from suites.harness.component import Component
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.units import look

UNITS = ("haproxy.service",)


def healthy(host: Host) -> Observation:
    """The service runs and answers its own liveness address."""
    return look(host, UNITS, url="http://127.0.0.1:8404/alive")


COMPONENT = Component(
    name="haproxy",
    healthy=healthy,
    units=UNITS,
    packages=("haproxy",),
    errors=(r"^\[(ALERT|EMERG)\]",),
)
