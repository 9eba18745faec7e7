"""memcached, where the services keep what they may forget."""

from suites.harness.component import Component
from suites.harness.faults.fault import stop
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.probing.spec import Kind
from suites.harness.suffering import Suffering
from suites.harness.units import look

TOKENS = (Kind.VALIDATE, Kind.ISSUE)
UNITS = ("memcached.service",)


def healthy(host: Host) -> Observation:
    """The service runs; that it keeps values is a check of its own."""
    return look(host, UNITS)


COMPONENT = Component(
    name="memcached",
    healthy=healthy,
    units=UNITS,
    packages=("memcached",),
    suffers=(
        # Of all services that have one, clients of the identity service are those that are looked at.
        Suffering(
            "gone",
            lambda target, host: stop(target, host, UNITS[0]),
            lambda scene: scene.beside("keystone"),
            TOKENS,
            errors=0,
        ),
    ),
)
