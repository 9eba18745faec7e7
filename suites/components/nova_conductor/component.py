"""Nova's conductor, which does for compute hosts what needs the database.

It lives by the message bus, so its hosts stand in for one another.
"""

from suites.faults.fault import kill
from suites.faults.fault_case import FaultCase, Scene
from suites.harness.component import Component, PythonEnvironment
from suites.hosts.host import Host
from suites.hosts.reading import Reading, running
from suites.probes.spec import Kind
from suites.readings import oslo_log

# Nova takes a message off the bus before it does what it says: what a conductor had in hand goes with it.
IN_HAND = 2
UNITS = ("nova-conductor.service",)


def healthy(_host: Host) -> tuple[Reading, ...]:
    """The service runs; whether others hear of it is what nova-api's services_are_up_and_stay asks."""
    return (running(UNITS),)


COMPONENT = Component(
    name="nova-conductor",
    healthy=healthy,
    units=UNITS,
    of_use=lambda use: use.reported("compute", "nova-conductor"),
    python=PythonEnvironment("/opt/openstack/bin/python"),
    errors=oslo_log.ERRORS,
    clocked=UNITS,
    one_is_enough=True,
    faults=(
        FaultCase(
            "killed",
            lambda target, host: kill(target, host, UNITS[0]),
            Scene.any,
            (Kind.SERVER,),
            errors=IN_HAND,
        ),
    ),
)
