"""Cinder, which knows volumes; its API and its scheduler, which lives by the message bus."""

from suites.harness import dependencies, oslo_log
from suites.harness.component import Component, PythonEnvironment
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.units import look

API = "cinder-api.service"
SERVICES = (API, "cinder-scheduler.service")


def healthy(host: Host) -> Observation:
    """Its services run, and the API's health check answers."""
    return look(host, SERVICES, url=f"http://{host.address}:8776/healthcheck")


COMPONENT = Component(
    name="cinder",
    healthy=healthy,
    units=(*SERVICES, dependencies.UNIT),
    python=PythonEnvironment("/opt/openstack/bin/python"),
    errors=oslo_log.ERRORS,
    clocked=SERVICES,
)
