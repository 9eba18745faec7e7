"""Glance, which keeps images: its records in the database, the bytes in an object store."""

from suites.faults.fault import lose, stop
from suites.faults.fault_case import FaultCase, Scene
from suites.harness.component import Component, PythonEnvironment
from suites.hosts.host import Host
from suites.hosts.reading import Reading, running
from suites.openstack import dependencies
from suites.probes.spec import Kind
from suites.readings import oslo_log

READS = (Kind.IMAGE,)
STORE, PROXY = "swift", "swift-proxy.service"
API = ("glance-api.service",)
PRUNER = "glance-cache-pruner"  # keeps the image cache below its limit


def healthy(host: Host) -> tuple[Reading, ...]:
    """The service and the cache's timer run, and the health check, middleware included, answers."""
    return (running((*API, f"{PRUNER}.timer"), url=f"http://{host.address}:9292/healthcheck"),)


COMPONENT = Component(
    name="glance",
    healthy=healthy,
    units=(*API, f"{PRUNER}.service", f"{PRUNER}.timer", dependencies.UNIT),
    of_use=lambda use: use.answers("image", "/v2/images"),
    python=PythonEnvironment("/opt/openstack/bin/python"),
    errors=oslo_log.ERRORS,
    clocked=API,
    faults=(
        FaultCase("host_lost", lose, Scene.any, READS),
        # The store is nothing that Glance keeps available: what was read once must be there without it.
        FaultCase(
            "store_gone",
            lambda target, host: stop(target, host, PROXY),
            lambda scene: scene.other(STORE),
            READS,
            errors=0,
            takes=frozenset({STORE}),
        ),
    ),
)
