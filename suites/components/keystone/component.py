"""Keystone, which says who somebody is."""

from suites.harness.component import Component, PythonEnvironment
from suites.harness.faults.fault import lose
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.probing.spec import Kind
from suites.harness.suffering import Scene, Suffering
from suites.harness.units import look

IDENTITY = (Kind.HTTP, Kind.VALIDATE, Kind.ISSUE)
UNITS = ("keystone.service",)


def healthy(host: Host) -> Observation:
    """The service runs and its health check, middleware included, answers."""
    return look(host, UNITS, url=f"http://{host.address}:5000/healthcheck")


COMPONENT = Component(
    name="keystone",
    healthy=healthy,
    units=UNITS,
    python=PythonEnvironment("/opt/openstack/bin/python"),
    errors=(r"\b(ERROR|CRITICAL)\b [a-z_]+\.", r"^Traceback \(most recent call last\)", r"DAMN ! worker"),
    clocked=UNITS,
    suffers=(Suffering("host_lost", lose, Scene.any, IDENTITY),),
)
