"""Nova's scheduler, which chooses the host of a new server.

It lives by the message bus, so its hosts stand in for one another.
"""

from suites.harness.component import Component, PythonEnvironment
from suites.hosts.host import Host
from suites.hosts.reading import Reading, running
from suites.readings import oslo_log

UNITS = ("nova-scheduler.service",)


def healthy(_host: Host) -> tuple[Reading, ...]:
    """The service runs; whether others hear of it is what nova-api's services_are_up_and_stay asks."""
    return (running(UNITS),)


COMPONENT = Component(
    name="nova-scheduler",
    healthy=healthy,
    units=UNITS,
    of_use=lambda use: use.reported("compute", "nova-scheduler"),
    python=PythonEnvironment("/opt/openstack/bin/python"),
    errors=oslo_log.ERRORS,
    clocked=UNITS,
    one_is_enough=True,
)
