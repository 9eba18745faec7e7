"""Nova's API and its metadata API: where users ask for servers, and servers for what they are."""

from suites.harness import dependencies, oslo_log
from suites.harness.component import Component, PythonEnvironment
from suites.harness.faults.fault import lose
from suites.harness.hosts import Host
from suites.harness.probing.spec import Kind
from suites.harness.reading import Reading
from suites.harness.suffering import Scene, Suffering
from suites.harness.units import running

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
    suffers=(Suffering("host_lost", lose, Scene.any, (Kind.COMPUTE,)),),
)
