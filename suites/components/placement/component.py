"""Placement, which knows what compute hosts have left."""

from suites.harness import oslo_log
from suites.harness.component import Component, PythonEnvironment
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.units import look

UNITS = ("placement-api.service",)


def healthy(host: Host) -> Observation:
    """The service runs and names its versions."""
    return look(host, UNITS, url=f"http://{host.address}:8778/")


COMPONENT = Component(
    name="placement",
    healthy=healthy,
    units=UNITS,
    python=PythonEnvironment("/opt/openstack/bin/python"),
    errors=oslo_log.ERRORS,
    clocked=UNITS,
)
