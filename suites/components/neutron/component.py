"""Neutron, which manages networks and ports and has OVN implement them."""

import re
from functools import partial

from suites.faults.fault import kill, lose
from suites.faults.fault_case import FaultCase, Scene
from suites.faults.half_alive import hang
from suites.harness.component import Ignored, Use, units_run
from suites.harness.reach import Reach
from suites.hosts.places import BUS, NORTHBOUND
from suites.hosts.reading import Observation
from suites.openstack import dependencies
from suites.openstack.named import Configured
from suites.openstack.own_queue import Call, OwnQueue
from suites.probes.spec import ROWS, SERVERS, TOKENS, Kind
from suites.readings import connections
from suites.readings.oslo import oslo_component

SERVICES = (
    "neutron-api.service",
    "neutron-rpc-server.service",
    "neutron-periodic-workers.service",
    "neutron-ovn-maintenance-worker.service",
)

CONFIGURATION = "/etc/neutron/neutron.conf"
# What metadata agents ask: here for the ports of no device, so that none is listed.
PORTS = Call("q-plugin", "get_ports", {"filters": {"device_id": ["stagegate-nobody"]}}, [], "1.0")

LISTS = (Kind.NETWORKS,)
CHASSIS = TOKENS | {"ovn", "ovn-controller", "rabbitmq"}

# The periodic workers keep no connection: all that can be checked is that they run.
LIVES_BY = {
    "neutron-rpc-server.service": BUS,
    "neutron-ovn-maintenance-worker.service": NORTHBOUND,
}


def of_use(use: Use) -> Observation:
    """Say whether the API lists networks, and the host's other programs are connected to what they need."""
    listed = use.answers("network", "/v2.0/networks")
    linked = connections.linked(use.host, LIVES_BY)
    return Observation(listed.holds and linked.holds, f"{listed.seen}, {linked.seen}")


COMPONENT = oslo_component(
    name="neutron",
    healthy=units_run(SERVICES, 9696),
    units=(*SERVICES, dependencies.UNIT),
    of_use=of_use,
    ignored=(
        Ignored(
            re.compile(r".* ERROR neutron\.\S+\.ovsdb_monitor .*HashRing is empty.*"),
            "an RPC server hears of OVN before any API has entered the ring: the first event finds nobody",
            most=20_000,  # one a row of OVN's databases, until the first API has started
            while_deploying=True,
            sometimes=True,
        ),
    ),
    clocked=SERVICES,
    configured=Configured("neutron", (CONFIGURATION, "/etc/neutron/ml2.ini")),
    own_queue=OwnQueue(CONFIGURATION, "neutron", "neutron", PORTS),
    depends_on=("database", "messaging", "identity", "ovn"),
    rests_on={"memcached": Reach.OWN},
    used_with=TOKENS | {"ovn", "rabbitmq"},
    looks_at={
        "dependencies_answer": TOKENS | {"ovn", "rabbitmq"},
        "all_it_names_answers": TOKENS | {"memcached", "ovn", "rabbitmq"},
        "record_is_read_back": TOKENS | {"ovn", "rabbitmq"},
        "own_queue_is_answered": ROWS | {"rabbitmq"},
        "workers_are_connected": frozenset({"ovn", "rabbitmq"}),
        "agents_are_alive_and_stay": CHASSIS,
        "port_binds": CHASSIS,
        "segment_range_is_made": TOKENS,
        # It tells Nova of each port that is bound.
        "journal": SERVERS,
    },
    crosses=dict.fromkeys(("networks_cross", "security_groups_cross"), TOKENS | {"ovn", "rabbitmq"}),
    faults=(
        FaultCase("host_lost", lose, Scene.any, LISTS),
        FaultCase("api_frozen", partial(hang, unit=SERVICES[0], port=9696), Scene.any, LISTS),
        # No request waits for these two.
        FaultCase(
            "rpc_server_killed", partial(kill, unit=SERVICES[1], down=True), Scene.any, LISTS, errors=0
        ),
        FaultCase(
            "maintenance_killed", partial(kill, unit=SERVICES[3], down=True), Scene.any, LISTS, errors=0
        ),
    ),
)
