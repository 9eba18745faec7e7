"""Placement, which knows what compute hosts have left."""

from suites.harness.component import Component, PythonEnvironment
from suites.hosts.host import Host
from suites.hosts.reading import Reading, running
from suites.readings import oslo_log

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
