"""Nova's API and its metadata API: where users ask for servers, and servers for what they are."""

from suites.harness import dependencies, oslo_log
from suites.harness.component import Component, PythonEnvironment
from suites.harness.faults.fault import lose
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.probing.spec import Kind
from suites.harness.suffering import Scene, Suffering
from suites.harness.units import look

API, METADATA = "nova-api.service", "nova-metadata.service"


def healthy(host: Host) -> Observation:
    """Both services run, and the health checks of both answer."""
    seen = (
        look(host, (API,), url=f"http://{host.address}:8774/healthcheck"),
        look(host, (METADATA,), url=f"http://{host.address}:8775/healthcheck"),
    )
    return Observation(
        holds=all(one.holds for one in seen),
        seen=", ".join(one.seen for one in seen if not one.holds) or ", ".join(one.seen for one in seen),
    )


COMPONENT = Component(
    name="nova-api",
    healthy=healthy,
    units=(API, METADATA, dependencies.UNIT),
    python=PythonEnvironment("/opt/openstack/bin/python"),
    errors=oslo_log.ERRORS,
    clocked=(API, METADATA),
    suffers=(Suffering("host_lost", lose, Scene.any, (Kind.COMPUTE,)),),
)
