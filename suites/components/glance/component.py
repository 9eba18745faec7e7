"""Glance, which keeps images: its records in the database, the bytes in an object store."""

from suites.harness import dependencies, oslo_log
from suites.harness.component import Component, PythonEnvironment
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.units import look

API = ("glance-api.service",)


def healthy(host: Host) -> Observation:
    """The service runs and its health check, middleware included, answers."""
    return look(host, API, url=f"http://{host.address}:9292/healthcheck")


COMPONENT = Component(
    name="glance",
    healthy=healthy,
    units=(*API, dependencies.UNIT),
    python=PythonEnvironment("/opt/openstack/bin/python"),
    errors=oslo_log.ERRORS,
    clocked=API,
)
