"""Neutron, which knows networks and ports and lets OVN make them."""

import re

from suites.harness import dependencies, oslo_log
from suites.harness.component import Component, Ignored, PythonEnvironment
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.units import look

SERVICES = (
    "neutron-api.service",
    "neutron-rpc-server.service",
    "neutron-periodic-workers.service",
    "neutron-ovn-maintenance-worker.service",
)


def healthy(host: Host) -> Observation:
    """All its services run, and the API's health check answers."""
    return look(host, SERVICES, url=f"http://{host.address}:9696/healthcheck")


COMPONENT = Component(
    name="neutron",
    healthy=healthy,
    units=(*SERVICES, dependencies.UNIT),
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
