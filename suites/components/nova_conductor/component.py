"""Nova's conductor, which does for compute hosts what needs the database.

It lives by the message bus, so its hosts stand in for one another.
"""

from suites.faults.fault import kill
from suites.faults.fault_case import FaultCase, Scene
from suites.harness.component import Component, units_run
from suites.hosts.places import PYTHON
from suites.probes.spec import Kind
from suites.readings import journal

# Nova takes a message off the bus before it does what it says: what a conductor had in hand goes with it.
IN_HAND = 2
UNITS = ("nova-conductor.service",)

COMPONENT = Component(
    name="nova-conductor",
    # Whether others hear of it is what nova-api's services_are_up_and_stay asks.
    healthy=units_run(UNITS),
    units=UNITS,
    of_use=lambda use: use.reported("compute", "nova-conductor"),
    python=PYTHON,
    errors=journal.OSLO_ERRORS,
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
