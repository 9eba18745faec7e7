"""nova-compute, which creates servers on its host."""

from suites.harness.component import Kept, units_run
from suites.harness.reach import Reach
from suites.openstack.named import Configured
from suites.openstack.own_queue import of_nova
from suites.probes.spec import SERVERS, TOKENS
from suites.readings.oslo import oslo_component

UNITS = ("nova-compute.service",)

COMPONENT = oslo_component(
    name="nova-compute",
    # nova-api's services_are_up_and_stay checks whether Nova sees it.
    healthy=units_run(UNITS),
    units=UNITS,
    of_use=lambda use: use.reported("compute", "nova-compute"),
    clocked=UNITS,
    configured=Configured("nova", ("/etc/nova/nova.conf",)),
    own_queue=of_nova("compute"),
    rests_on={
        **dict.fromkeys(("glance", "neutron", "nova-conductor", "placement", "rabbitmq"), Reach.ANY),
        "ovn-controller": Reach.OWN,
    },
    keeps=Kept("/var/lib/nova", "nova"),
    # The conductor writes its reports down.
    used_with=TOKENS | {"nova-api", "nova-conductor", "rabbitmq"},
    looks_at={
        "all_it_names_answers": TOKENS | {"rabbitmq"},
        "own_queue_is_answered": frozenset({"rabbitmq"}),
        "journal": SERVERS,
    },
)
