"""Neutron, which knows networks and ports and lets OVN make them."""

import re

from suites.harness.component import Component, Ignored, PythonEnvironment, Use
from suites.hosts.host import Host
from suites.hosts.reading import Observation, Reading, running
from suites.openstack import dependencies
from suites.readings import connections, oslo_log

SERVICES = (
    "neutron-api.service",
    "neutron-rpc-server.service",
    "neutron-periodic-workers.service",
    "neutron-ovn-maintenance-worker.service",
)

BUS, NORTHBOUND = 5672, 6641
# The periodic workers keep no connection: of them no more is known than that they run.
LIVES_BY = {
    "neutron-rpc-server.service": BUS,
    "neutron-ovn-maintenance-worker.service": NORTHBOUND,
}


def healthy(host: Host) -> tuple[Reading, ...]:
    """All its services run, and the API's health check answers."""
    return (running(SERVICES, url=f"http://{host.address}:9696/healthcheck"),)


def of_use(use: Use) -> Observation:
    """The API lists networks, and each program beside it has found what it lives by."""
    listed = use.answers("network", "/v2.0/networks")
    linked = connections.linked(use.host, LIVES_BY)
    return Observation(listed.holds and linked.holds, f"{listed.seen}, {linked.seen}")


COMPONENT = Component(
    name="neutron",
    healthy=healthy,
    units=(*SERVICES, dependencies.UNIT),
    of_use=of_use,
    python=PythonEnvironment("/opt/openstack/bin/python"),
    errors=oslo_log.ERRORS,
    ignored=(
        Ignored(
            re.compile(r".* ERROR neutron\.\S+\.ovsdb_monitor .*HashRing is empty.*"),
            "an RPC server hears of OVN before any API has entered the ring: the first event finds nobody",
            while_deploying=True,
            sometimes=True,
        ),
    ),
    clocked=SERVICES,
)
