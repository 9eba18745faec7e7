"""Nova's API, where users request servers, and its metadata API, where servers read their metadata."""

from functools import partial

from suites.faults.fault import lose
from suites.faults.fault_case import FaultCase, Scene
from suites.faults.half_alive import hang
from suites.harness.component import units_run
from suites.harness.reach import Reach
from suites.openstack import dependencies
from suites.openstack.named import Configured
from suites.probes.spec import ROWS, SERVERS, TOKENS, Kind
from suites.readings.oslo import oslo_component

API, METADATA = "nova-api.service", "nova-metadata.service"

COMPONENT = oslo_component(
    name="nova-api",
    healthy=lambda host: (*units_run((API,), 8774)(host), *units_run((METADATA,), 8775)(host)),
    units=(API, METADATA, dependencies.UNIT),
    of_use=lambda use: use.answers("compute", "/servers/detail"),
    clocked=(API, METADATA),
    configured=Configured("nova", ("/etc/nova/nova.conf",)),
    depends_on=("database", "messaging", "identity", "placement"),
    rests_on={"memcached": Reach.OWN},
    used_with=TOKENS,
    looks_at={
        "dependencies_answer": TOKENS | {"placement", "rabbitmq"},
        "all_it_names_answers": TOKENS | {"memcached", "rabbitmq"},
        "record_is_read_back": TOKENS,
        "server_is_created": SERVERS,
        "services_are_up_and_stay": SERVERS,
        "upgrade_check": SERVERS,
        "cells_are_mapped": ROWS | {"nova-compute"},
        # Reads the journal of every service with a connection to the database.
        "no_pool_exhausted": SERVERS | {"cinder", "memcached"},
        "journal": SERVERS,
    },
    crosses={"versions_meet": TOKENS, "flavors_cross": TOKENS, "servers_cross": SERVERS},
    faults=(
        FaultCase("host_lost", lose, Scene.any, (Kind.COMPUTE,)),
        FaultCase("api_frozen", partial(hang, unit=API, port=8774), Scene.any, (Kind.COMPUTE,)),
    ),
)
