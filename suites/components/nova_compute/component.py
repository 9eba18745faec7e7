"""nova-compute, which makes servers on its host."""

from suites.harness import oslo_log
from suites.harness.component import Component, PythonEnvironment
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.units import look

UNITS = ("nova-compute.service",)


def healthy(host: Host) -> Observation:
    """The service runs; whether Nova hears of it is what nova-api's services_are_up_and_stay asks."""
    return look(host, UNITS)


COMPONENT = Component(
    name="nova-compute",
    healthy=healthy,
    units=UNITS,
    python=PythonEnvironment("/opt/openstack/bin/python"),
    errors=oslo_log.ERRORS,
    clocked=UNITS,
)
