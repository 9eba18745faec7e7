"""Nova's API and its metadata API: where users ask for servers, and servers for what they are."""

from suites.faults.fault import lose
from suites.faults.fault_case import FaultCase, Scene
from suites.harness.component import Component, PythonEnvironment
from suites.hosts.host import Host
from suites.hosts.reading import Reading, running
from suites.openstack import dependencies
from suites.probes.spec import Kind
from suites.readings import oslo_log

API, METADATA = "nova-api.service", "nova-metadata.service"


def healthy(host: Host) -> tuple[Reading, ...]:
    """Both services run, and the health checks of both answer."""
    return (
        running((API,), url=f"http://{host.address}:8774/healthcheck"),
        running((METADATA,), url=f"http://{host.address}:8775/healthcheck"),
    )


COMPONENT = Component(
    name="nova-api",
    healthy=healthy,
    units=(API, METADATA, dependencies.UNIT),
    of_use=lambda use: use.answers("compute", "/servers/detail"),
    python=PythonEnvironment("/opt/openstack/bin/python"),
    errors=oslo_log.ERRORS,
    clocked=(API, METADATA),
    faults=(FaultCase("host_lost", lose, Scene.any, (Kind.COMPUTE,)),),
)
