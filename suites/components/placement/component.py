"""Placement, which knows what compute hosts have left."""

from suites.harness import oslo_log
from suites.harness.component import Component, PythonEnvironment
from suites.harness.hosts import Host
from suites.harness.reading import Reading
from suites.harness.units import running

UNITS = ("placement-api.service",)


def healthy(host: Host) -> tuple[Reading, ...]:
    """The service runs and names its versions."""
    return (running(UNITS, url=f"http://{host.address}:8778/"),)


COMPONENT = Component(
    name="placement",
    healthy=healthy,
    units=UNITS,
    of_use=lambda use: use.answers("placement", "/resource_providers"),
    python=PythonEnvironment("/opt/openstack/bin/python"),
    errors=oslo_log.ERRORS,
    clocked=UNITS,
)
