"""Keystone, which says who somebody is."""

from suites.components.keystone import tokens
from suites.faults.fault import lose
from suites.faults.fault_case import FaultCase, Scene
from suites.harness.component import Component, PythonEnvironment, Use
from suites.hosts.host import Host
from suites.hosts.reading import Observation, Reading, running
from suites.probes.spec import Kind

IDENTITY = (Kind.HTTP, Kind.VALIDATE, Kind.ISSUE)
UNITS = ("keystone.service",)


def healthy(host: Host) -> tuple[Reading, ...]:
    """The service runs and its health check, middleware included, answers."""
    return (running(UNITS, url=f"http://{host.address}:5000/healthcheck"),)


def of_use(use: Use) -> Observation:
    """A token that is issued here is valid on every host."""
    hosts = use.carriers("keystone")
    return tokens.valid_everywhere(tokens.take(use.clients, use.target, use.host, hosts), use.host.name)


COMPONENT = Component(
    name="keystone",
    healthy=healthy,
    units=UNITS,
    of_use=of_use,
    python=PythonEnvironment("/opt/openstack/bin/python"),
    errors=(r"\b(ERROR|CRITICAL)\b [a-z_]+\.", r"^Traceback \(most recent call last\)", r"DAMN ! worker"),
    clocked=UNITS,
    faults=(FaultCase("host_lost", lose, Scene.any, IDENTITY),),
)
