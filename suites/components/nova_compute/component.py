"""nova-compute, which makes servers on its host."""

from suites.harness.component import Component, PythonEnvironment
from suites.hosts.host import Host
from suites.hosts.reading import Reading, running
from suites.readings import oslo_log

UNITS = ("nova-compute.service",)


def healthy(_host: Host) -> tuple[Reading, ...]:
    """The service runs; whether Nova hears of it is what nova-api's services_are_up_and_stay asks."""
    return (running(UNITS),)


COMPONENT = Component(
    name="nova-compute",
    healthy=healthy,
    units=UNITS,
    of_use=lambda use: use.reported("compute", "nova-compute"),
    python=PythonEnvironment("/opt/openstack/bin/python"),
    errors=oslo_log.ERRORS,
    clocked=UNITS,
)
