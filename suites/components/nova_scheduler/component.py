"""Nova's scheduler, which chooses the host of a new server.

It gets its work from the message bus, so its hosts can replace each other.
"""

from functools import partial

from suites.faults.fault import kill
from suites.faults.fault_case import FaultCase, Scene
from suites.harness.component import units_run
from suites.harness.reach import Reach
from suites.openstack.own_queue import of_nova
from suites.probes.spec import SERVERS, TOKENS, Kind
from suites.readings.oslo import oslo_component

# As a conductor, it takes a message off the bus before it processes it: its work in progress is lost with it.
IN_HAND = 2
UNITS = ("nova-scheduler.service",)

COMPONENT = oslo_component(
    name="nova-scheduler",
    # nova-api's services_are_up_and_stay checks whether the others see it.
    healthy=units_run(UNITS),
    units=UNITS,
    of_use=lambda use: use.reported("compute", "nova-scheduler"),
    clocked=UNITS,
    own_queue=of_nova("scheduler"),
    rests_on=dict.fromkeys((*TOKENS, "placement", "rabbitmq"), Reach.ANY),
    one_is_enough=True,
    used_with=TOKENS | {"nova-api", "rabbitmq"},
    looks_at={"own_queue_is_answered": frozenset({"rabbitmq"}), "journal": SERVERS},
    faults=(FaultCase("killed", partial(kill, unit=UNITS[0]), Scene.any, (Kind.SERVER,), errors=IN_HAND),),
)
