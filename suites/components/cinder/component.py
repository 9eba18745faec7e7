"""Cinder, which knows volumes; its API and its scheduler, which lives by the message bus."""

from suites.harness.component import Component, PythonEnvironment, Use
from suites.hosts.host import Host
from suites.hosts.reading import Observation, Reading, running
from suites.openstack import dependencies
from suites.readings import oslo_log

API = "cinder-api.service"
SERVICES = (API, "cinder-scheduler.service")


def healthy(host: Host) -> tuple[Reading, ...]:
    """Its services run, and the API's health check answers."""
    return (running(SERVICES, url=f"http://{host.address}:8776/healthcheck"),)


def of_use(use: Use) -> Observation:
    """The API lists volumes, and the scheduler has reported."""
    listed = use.answers("volume", "/volumes")
    reported = use.reported("volume", "cinder-scheduler")
    return Observation(listed.holds and reported.holds, f"{listed.seen}, {reported.seen}")


COMPONENT = Component(
    name="cinder",
    healthy=healthy,
    units=(*SERVICES, dependencies.UNIT),
    of_use=of_use,
    python=PythonEnvironment("/opt/openstack/bin/python"),
    errors=oslo_log.ERRORS,
    clocked=SERVICES,
)
